package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// docs shows the OpenAPI document with Swagger UI, whose styles have their pictures inside, as data.
func (p *pages) docs(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy, policy+"; img-src 'self' data:")
	return p.show(c, http.StatusOK, "docs", p.chrome("REST interface"))
}
