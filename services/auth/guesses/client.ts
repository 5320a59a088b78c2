/** Who a request came from, as far as the gateway knows. */
export interface Client {
  readonly address: string;
  /** The address is that of a proxy whose `X-Forwarded-For` nobody told the gateway to believe. */
  readonly isAddressShared: boolean;
  readonly userAgent: string | undefined;
  /** Of devices that accounts know, unchecked; see `device_tokens.ts`. */
  readonly deviceTokens: readonly string[];
}
