package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// ContentSecurityPolicy is that header of every answer.
const ContentSecurityPolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"object-src 'none'"

// secure sets the headers that keep a page to what this service sends.
func secure(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy, ContentSecurityPolicy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	return c.Next()
}

// knownHost refuses requests that call the service by a name that is not its own: a page elsewhere can have its own
// name resolve to this machine (DNS rebinding) and would then be of the same origin.
func (s *Server) knownHost(c *fiber.Ctx) error {
	if len(s.Hosts) > 0 && !slices.Contains(s.Hosts, hostOf(string(c.Request().Host()))) {
		return NewProblem(http.StatusMisdirectedRequest, "unknown-host", "The service is not known by this name",
			"add the name with --allowed-host")
	}
	return c.Next()
}

// hostOf leaves the port out, and the brackets of an IPv6 address.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	return strings.ToLower(strings.Trim(address, "[]"))
}

// sameOrigin refuses what a page of another origin makes a browser send (cross-site request forgery). Programs send
// neither header.
func sameOrigin(c *fiber.Ctx) error {
	if c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead || c.Method() == fiber.MethodOptions {
		return c.Next()
	}
	forged := NewProblem(http.StatusForbidden, "cross-origin", "The request comes from another site", "")
	switch c.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return c.Next()
	case "":
	default:
		return forged
	}
	if origin := c.Get(fiber.HeaderOrigin); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != string(c.Request().Host()) {
			return forged
		}
	}
	return c.Next()
}

// drained is how much of a body that nobody wants is read all the same.
const drained = 16 << 20

// drain reads what is left of a body: a client that is still sending sees the answer only then, and what is left would
// be taken for the next request. Where that is too much the connection ends.
func drain(c *fiber.Ctx, stream io.Reader) {
	if n, err := io.CopyN(io.Discard, stream, drained); n == drained || err != nil && !errors.Is(err, io.EOF) {
		c.Context().SetConnectionClose()
	}
}

// UploadPath takes the form of the pages that has an archive in it.
const UploadPath = "/datasets"

// limitBody reads the body, which Fiber only begins to, and refuses one that is too large, broken off, or compressed: a
// small one may unpack to any size. Archives are left to their handler.
func limitBody(c *fiber.Ctx) error {
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		return c.Next()
	}
	encoding := c.Get(fiber.HeaderContentEncoding)
	plain := encoding == "" || strings.EqualFold(encoding, "identity")
	if c.Path() == archivePath || c.Path() == UploadPath && c.Method() == fiber.MethodPost {
		defer drain(c, stream) // also after a panic
		if !plain {
			return fiber.NewError(http.StatusUnsupportedMediaType)
		}
		return c.Next()
	}
	body, err := io.ReadAll(io.LimitReader(stream, MaxBody+1))
	switch announced := c.Request().Header.ContentLength(); {
	case err != nil, len(body) < min(announced, MaxBody+1):
		c.Context().SetConnectionClose()
		return fiber.NewError(http.StatusBadRequest)
	case len(body) > MaxBody:
		drain(c, stream)
		return fiber.NewError(http.StatusRequestEntityTooLarge)
	case !plain:
		return fiber.NewError(http.StatusUnsupportedMediaType)
	}
	if strings.HasPrefix(c.Path(), "/v1/") {
		if err := checkMembers(body); err != nil {
			return err
		}
	}
	c.Request().SetBodyStream(bytes.NewReader(body), len(body))
	return c.Next()
}

// headAsGet has what answers GET answer HEAD as well; fasthttp leaves the body out.
func headAsGet(c *fiber.Ctx) error {
	if c.Method() == fiber.MethodHead {
		c.Method(fiber.MethodGet)
	}
	return c.Next()
}

// etag lets clients ask whether an answer has changed. Streams have none.
func etag(c *fiber.Ctx) error {
	if err := c.Next(); err != nil {
		return err
	}
	response := c.Response()
	if (c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead) || response.StatusCode() != http.StatusOK ||
		response.IsBodyStream() {
		return nil
	}
	sum := sha256.Sum256(response.Body())
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	c.Set(fiber.HeaderETag, tag)
	if len(response.Header.Peek(fiber.HeaderCacheControl)) == 0 {
		c.Set(fiber.HeaderCacheControl, "no-cache") // keep it, and ask
	}
	if matches(c.Get(fiber.HeaderIfNoneMatch), tag) {
		c.Status(http.StatusNotModified)
		response.ResetBody()
		response.Header.Del(fiber.HeaderContentType)
		response.Header.SetNoDefaultContentType(true)
	}
	return nil
}

func matches(condition, tag string) bool {
	for candidate := range strings.SplitSeq(condition, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
			return true
		}
	}
	return false
}
