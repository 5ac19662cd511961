/** What somebody at the screen looks at beside the alerts. */
export type Looked =
  | { readonly kind: 'camera'; readonly id: string }
  | { readonly kind: 'outage'; readonly key: string }
  /** Every camera fault there is. */
  | { readonly kind: 'all' }
