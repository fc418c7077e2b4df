package pages

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"probewise/api"
)

// docs shows the OpenAPI document with Swagger UI, whose styles have their pictures inside, as data.
func (p *Pages) docs(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy, api.ContentSecurityPolicy+"; img-src 'self' data:")
	return p.show(c, http.StatusOK, "docs", p.chrome("REST interface"))
}
