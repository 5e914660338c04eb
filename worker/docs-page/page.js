// Shows /openapi.json of this very deployment. The scripts stand in files of their own, so that the
// page needs no inline script under a strict content security policy.
window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  persistAuthorization: true,
  // The badge would ask an outside validator.
  validatorUrl: null,
});
