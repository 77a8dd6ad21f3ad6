/** What the test configuration adds to the Worker's bindings. */
declare namespace Cloudflare {
  interface Env {
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[];
    SANDBOX_MERCHANT_PUBLIC_KEY: string;
    SANDBOX_ALIPAY_PRIVATE_KEY: string;
    PII_KEY: string;
    PII_KEY_PREVIOUS: string;
    WECHAT_APP_ID: string;
    WECHAT_MCH_ID: string;
    WECHAT_MCH_SERIAL_NO: string;
    WECHAT_API_URL: string;
    WECHAT_PRIVATE_KEY: string;
    WECHAT_API_V3_KEY: string;
    WECHAT_PLATFORM_KEYS: string;
    SANDBOX_WECHAT_MERCHANT_PUBLIC_KEY: string;
    SANDBOX_WECHAT_PLATFORM_SERIAL: string;
    SANDBOX_WECHAT_PLATFORM_PRIVATE_KEY: string;
    SANDBOX_WECHAT_NEXT_PLATFORM_SERIAL: string;
    SANDBOX_WECHAT_NEXT_PLATFORM_PRIVATE_KEY: string;
  }
}
