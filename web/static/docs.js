// Swagger UI over the document that the service serves. It is loaded as a classic script: it has no module form of its
// own.
window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
  // It brings a main landmark of its own, and a page has one.
  onComplete: () => document.querySelector("#docs main")?.setAttribute("role", "group"),
});
