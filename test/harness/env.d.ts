/** What the test configuration adds to the Worker's bindings. */
declare namespace Cloudflare {
  interface Env {
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[];
    SANDBOX_MERCHANT_PUBLIC_KEY: string;
    SANDBOX_ALIPAY_PRIVATE_KEY: string;
  }
}
