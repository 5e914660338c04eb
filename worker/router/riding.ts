/**
 * Whether requests may share calls here.
 *
 * A request that rides is told its answer by another one. That needs the runtime to continue a request in its
 * own context whoever settles its promise: the compatibility flag `handle_cross_request_promise_resolution`,
 * on by default since 2024-10-14. Where it is off (the test plugin turns it off for what runs inside it), the
 * rider would go on in the wrong context and fail, so there every request makes its own call.
 */
interface Runtime {
  readonly Cloudflare?: { readonly compatibilityFlags?: Readonly<Record<string, boolean>> };
}

export const MAY_RIDE: boolean =
  (globalThis as Runtime).Cloudflare?.compatibilityFlags?.[
    "handle_cross_request_promise_resolution"
  ] === true;
