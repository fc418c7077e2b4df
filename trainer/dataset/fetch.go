package dataset

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// fetch downloads one file. While it is under way it is to+".part", and to+".part.tag" holds what the server calls this
// version of it, so that a later attempt asks for the rest of the same version only (RFC 9110, sections 13.1.5 and 14).
type fetch struct {
	download
	client   *http.Client
	url, to  string
	pause    func(attempt int) time.Duration
	stall    time.Duration
	progress func(done int64)
}

const maxAttempts = 5 // in a row that bring nothing new

var errStalled = errors.New("the server has stopped sending")

// permanent marks an error that another attempt would only repeat.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

func (f fetch) run(ctx context.Context) error {
	if f.verify(f.to) == nil { // fetched whole by an earlier Get
		f.progress(f.size)
		return nil
	}
	if err := f.repeat(ctx); err != nil {
		return err
	}
	err := f.verify(f.part())
	if err != nil {
		// It may have been put together from damaged pieces, so never keep it.
		return errors.Join(err, f.discard())
	}
	if err := os.Rename(f.part(), f.to); err != nil {
		return err
	}
	return removeIfThere(f.tag())
}

func (f fetch) part() string { return f.to + ".part" }
func (f fetch) tag() string  { return f.to + ".part.tag" }

func (f fetch) discard() error { return errors.Join(removeIfThere(f.part()), removeIfThere(f.tag())) }

// repeat tries until all bytes are there.
func (f fetch) repeat(ctx context.Context) error {
	var furthest int64
	for attempt := 1; ; attempt++ {
		have, err := f.attempt(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w after %d of %d bytes, which are kept", f.url, context.Cause(ctx), have, f.size)
		}
		if _, final := errors.AsType[permanent](err); final {
			return err
		}
		if have > furthest {
			furthest, attempt = have, 1
		}
		if attempt == maxAttempts {
			return fmt.Errorf("%w; given up after %d attempts with %d of %d bytes, which are kept",
				err, maxAttempts, have, f.size)
		}
		select {
		case <-ctx.Done():
		case <-time.After(f.pause(attempt)):
		}
	}
}

// attempt makes one request and appends what comes. It returns how many bytes there are now.
func (f fetch) attempt(ctx context.Context) (have int64, err error) {
	file, err := os.OpenFile(f.part(), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return 0, permanent{err}
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if have, err = file.Seek(0, io.SeekEnd); err != nil {
		return 0, permanent{err}
	}
	if have == f.size {
		return have, nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(f.stall, func() { cancel(errStalled) })
	defer watch.Stop()
	response, have, err := f.request(ctx, have)
	if err != nil {
		return have, f.explain(ctx, err)
	}
	defer response.Body.Close()
	if err := file.Truncate(have); err != nil {
		return have, permanent{err}
	}
	if _, err := file.Seek(have, io.SeekStart); err != nil {
		return have, permanent{err}
	}
	return f.receive(ctx, file, response.Body, have, func() { watch.Reset(f.stall) })
}

// request asks for what comes after the first have bytes, and returns after how many of them the body goes on: none
// where the server has another version, knows no ranges, or gave this version no name.
func (f fetch) request(ctx context.Context, have int64) (*http.Response, int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, nil)
	if err != nil {
		return nil, have, permanent{err}
	}
	// or the client would unpack what it thinks was packed for the way
	request.Header.Set("Accept-Encoding", "identity")
	tag, err := os.ReadFile(f.tag())
	if resume := err == nil && len(tag) > 0 && have > 0 && have < f.size; resume {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		request.Header.Set("If-Range", string(tag))
	}
	client := f.client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, have, err
	}
	switch code := response.StatusCode; {
	case code == http.StatusPartialContent &&
		strings.HasPrefix(response.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
		return response, have, nil
	case code == http.StatusOK:
		if err := os.WriteFile(f.tag(), []byte(version(response.Header)), 0o644); err != nil {
			response.Body.Close()
			return nil, have, permanent{err}
		}
		return response, 0, nil
	case code == http.StatusPartialContent || code == http.StatusRequestedRangeNotSatisfiable:
		response.Body.Close()
		// Without the tag the next attempt begins anew.
		return nil, 0, errors.Join(fmt.Errorf("%s: the server does not have the range from %d", f.url, have),
			removeIfThere(f.tag()))
	default:
		response.Body.Close()
		err := fmt.Errorf("%s: the server answers %s", f.url, response.Status)
		if code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout {
			return nil, have, err
		}
		return nil, have, permanent{err}
	}
}

// version is a strong entity tag or, for want of one, the date; empty where the server gives neither.
func version(h http.Header) string {
	if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	return h.Get("Last-Modified")
}

func (f fetch) receive(ctx context.Context, file *os.File, body io.Reader, have int64, alive func()) (int64, error) {
	buffer := make([]byte, 128<<10)
	for {
		n, err := body.Read(buffer)
		if n > 0 {
			alive()
			if have+int64(n) > f.size {
				err := permanent{fmt.Errorf("%s: more than the %d bytes that were published", f.url, f.size)}
				return 0, errors.Join(err, removeIfThere(f.tag()))
			}
			if _, err := file.Write(buffer[:n]); err != nil {
				return have, permanent{err}
			}
			have += int64(n)
			f.progress(have)
		}
		switch {
		case err == nil:
		case !errors.Is(err, io.EOF):
			return have, f.explain(ctx, err)
		case have < f.size:
			return have, fmt.Errorf("%s: ended after %d of %d bytes", f.url, have, f.size)
		default:
			return have, permanentIf(file.Sync())
		}
	}
}

// explain puts the cause of a cancelled context in the place of "context canceled".
func (f fetch) explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if _, final := errors.AsType[permanent](err); final {
		return err
	}
	return fmt.Errorf("%s: %w", f.url, err)
}

func permanentIf(err error) error {
	if err != nil {
		return permanent{err}
	}
	return nil
}

// verify compares checksums. MD5 is what is published: it shows damage, not malice.
func (f fetch) verify(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	h := md5.New()
	if _, err := io.Copy(h, file); err != nil {
		return err
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != f.md5 {
		return fmt.Errorf("%s: wrong checksum: MD5 %s, published %s; the file was removed, get it again",
			f.url, sum, f.md5)
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
