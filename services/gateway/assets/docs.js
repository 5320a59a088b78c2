// Starts Swagger UI. A file of its own: the page allows no script inside it.
SwaggerUIBundle({
  url: document.getElementById("swagger-ui").dataset.description,
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // Else it asks a validator on the internet.
  validatorUrl: null,
});
