/** The headers that keep a browser from being used against its owner (security.md: "Web"). */
import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

/** @param isSecure whether people reach the server by https */
export function securityHeaders(isSecure: boolean): MiddlewareHandler {
  return secureHeaders({
    // Everything from here, no script or style inside a page, no frame around it.
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      // Swagger UI's stylesheet draws its icons from data: URLs.
      imgSrc: ["'self'", "data:"],
      connectSrc: ["'self'"],
      fontSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
    // A window opened from here, for a sign-in at a provider, may still tell how it went.
    crossOriginOpenerPolicy: "same-origin-allow-popups",
    // A page that has to set one of these otherwise does so itself.
    overwrite: false,
    referrerPolicy: "no-referrer",
    xFrameOptions: "DENY",
    strictTransportSecurity: isSecure ? "max-age=31536000" : false,
    permissionsPolicy: { camera: false, geolocation: false, microphone: false },
  });
}
