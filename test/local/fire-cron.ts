/** Runs the cron of a local service once: in development nothing else does. */

/** Resolves when the jobs have run. Throws when the service does not say that they did. */
export async function fireCron(serviceUrl: string): Promise<void> {
  const response = await fetch(`${serviceUrl}/cdn-cgi/handler/scheduled`);
  const answer = await response.text();
  if (!response.ok || answer !== 'ok') throw new Error(`the cron did not run: HTTP ${response.status} ${answer}`);
}
