package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rundown/runner"
	"rundown/runner/notify"
	"rundown/runner/operate"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
	"rundown/runner/view"
	"rundown/runner/web/access"
)

// Config is what the API needs.
type Config struct {
	Store   *store.Store                                           // opened to read and to leave orders, as commands open it
	Health  func() (ready bool, why string, issues []runner.Issue) // as /readyz has it
	Now     func() time.Time
	Log     *slog.Logger
	Version string
	Plans   func() []notify.Plan           // the active ones, whose titles and labels events have; default: none
	Redact  func(text string) string       // takes the secrets of the plans out of a text; default: there are none
	Link    func(occurrence string) string // the page of a class, of "" the first page, which events lead to; default: none
}

// API answers requests under /api/v1 and for /openapi.json. It is safe for concurrent use.
type API struct {
	Config
	huma    huma.API
	mux     *http.ServeMux
	spec    []byte
	events  *follower
	changes *follower
	streams map[string]bool // the paths that stream
	open    atomic.Int32    // streams
	acts    sync.Mutex      // one act at a time: each is judged by what those before it did
	turns   chan struct{}   // has one of each request that reads many classes
}

// New makes the API. [API.Close] ends its streams of events.
func New(c Config) *API {
	useProblems()
	a := &API{Config: c, mux: http.NewServeMux(), streams: map[string]bool{}, turns: make(chan struct{}, mostTurns)}
	if c.Plans == nil {
		a.Plans = func() []notify.Plan { return nil }
	}
	if c.Redact == nil {
		a.Redact = func(text string) string { return text }
	}
	a.events = newFollower(journal{c.Store.LastAnnouncement, a.announced}, c.Log)
	a.changes = newFollower(journal{c.Store.LastEvent, a.logged}, c.Log)
	config := huma.DefaultConfig("Rundown", c.Version)
	config.Info.Description = "What Rundown's commands show and do. Times of a plan carry the offset of the class's zone; times of sessions are UTC with milliseconds; null is unknown."
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.RejectUnknownQueryParameters = true
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "A token of the access file"},
		"user":  {Type: "http", Scheme: "basic", Description: "A user of the access file"},
	}
	config.Security = []map[string][]string{{"token": {}}, {"user": {}}}
	a.huma = humago.New(a.mux, config)
	a.registerStatus()
	a.registerOccurrences()
	a.registerActs()
	a.registerClosures()
	a.registerPlans()
	a.registerForecast()
	a.registerCalendar()
	a.registerEvents()
	a.registerChanges()
	a.spec = a.document()
	a.mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(a.spec)
	})
	return a
}

// ServeHTTP answers a request that the guard let pass.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, route := a.mux.Handler(r); route != "" {
		withETag(a.mux, a.streams).ServeHTTP(w, r)
		return
	}
	b := &buffered{ResponseWriter: w}
	a.mux.ServeHTTP(b, r) // which knows whether it is the path or the method, and says which are allowed
	access.NewProblem(b.status, "there is no such route; /openapi.json lists them").Write(w)
}

// Document is the OpenAPI document.
func (a *API) Document() []byte { return a.spec }

// Close ends the streams of events.
func (a *API) Close() {
	a.events.close()
	a.changes.close()
}

// document generates the OpenAPI document. The generator takes maps and pointers to structs for what is always there, and
// lets no field be added to an answer; here it is said as it is.
func (a *API) document() []byte {
	doc := a.huma.OpenAPI()
	doc.Servers = nil
	registry := doc.Components.Schemas
	for name, schema := range registry.Map() {
		t := registry.TypeFromRef("#/components/schemas/" + name)
		if !requestBodies[name] {
			schema.AdditionalProperties = nil
		}
		for _, f := range reflect.VisibleFields(t) {
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			property := schema.Properties[key]
			if property != nil && f.Type.Kind() == reflect.Map {
				property.Nullable = true
			}
			if property != nil && property.Ref != "" && f.Type.Kind() == reflect.Pointer {
				schema.Properties[key] = &huma.Schema{Description: property.Description, AnyOf: []*huma.Schema{{Ref: property.Ref}, {Type: "null"}}}
			}
		}
	}
	for path, item := range doc.Paths {
		if item.Get != nil && !a.streams[path] {
			item.Get.Responses["304"] = &huma.Response{Description: "Not Modified: the client has the answer, as its If-None-Match says"}
		}
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic(err) // of types of ours, which every test would show
	}
	return append(text, '\n')
}

// schemaName names a type. Two have the same name.
func schemaName(t reflect.Type, hint string) string {
	if t == reflect.TypeFor[session.Gap]() {
		return "EventGap"
	}
	return huma.DefaultSchemaNamer(t, hint)
}

// requestBodies are the schemas of what clients send: there an unknown field is a mistake.
var requestBodies = map[string]bool{"Why": true, "Extension": true, "NewClosure": true, "Confirmation": true}

// useProblems has the library's own errors be problems too. It keeps that in a variable of its own, for all APIs.
var useProblems = sync.OnceFunc(func() {
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		p := access.NewProblem(status, detail)
		for _, err := range errs {
			if err == nil {
				continue
			}
			d := access.ProblemDetail{Message: err.Error()}
			if known := huma.ErrorDetailer(nil); errors.As(err, &known) {
				d = access.ProblemDetail{Message: known.ErrorDetail().Message, Location: known.ErrorDetail().Location}
			}
			p.Errors = append(p.Errors, d)
		}
		return p
	}
})

// route describes a route for the document, with what the guard refuses and what a request or the store is not fit for.
func route(method, path, id, summary, description string, tag string) huma.Operation {
	errors := []int{
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestEntityTooLarge,
		http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable,
	}
	if method != http.MethodGet { // it may have a body
		errors = append(errors, http.StatusRequestTimeout, http.StatusUnsupportedMediaType)
	}
	return huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: summary, Description: description, Tags: []string{tag},
		MaxBodyBytes: 64 << 10, BodyReadTimeout: 10 * time.Second,
		Errors: errors,
	}
}

// answer is what a route answers with status 200. Its body alone is in the document.
type answer[T any] struct{ Body T }

// accepted is what a route answers that gives orders: with 202, since a daemon carries them out.
type accepted[T any] struct {
	Status int
	Body   T
}

// register adds a route. An error of the handler becomes the problem that says it.
func register[I, O any](a *API, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.problem(err)
		}
		return out, nil
	})
}

// registerRead adds a route that only reads, for those who may read everything.
func registerRead[I, O any](a *API, op huma.Operation, read func(context.Context, *I) (O, error)) {
	register(a, op, func(ctx context.Context, in *I) (*answer[O], error) {
		if err := lookAt(ctx); err != nil {
			return nil, err
		}
		body, err := read(ctx, in)
		return &answer[O]{body}, err
	})
}

// problem turns an error into the refusal that says it.
func (a *API) problem(err error) error {
	p := (*access.Problem)(nil)
	code := reason.CodeOf(err)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &p):
		return p
	case errors.Is(err, access.ErrForbidden):
		return access.NewProblem(http.StatusForbidden, err.Error())
	case errors.Is(err, view.ErrNoClass):
		return access.NewProblem(http.StatusNotFound, err.Error())
	case errors.Is(err, operate.ErrNotWaiting):
		return access.NewProblem(http.StatusConflict, err.Error())
	case code == reason.OrderInvalid:
		p = access.Invalid(err.Error())
	case code != "":
		p = access.NewProblem(http.StatusConflict, err.Error())
	case errors.Is(err, context.Canceled):
		return access.NewProblem(499, "the client hung up")
	default:
		a.Log.Error("API request failed", "error", err)
		return access.NewProblem(http.StatusServiceUnavailable, fmt.Sprintf("the store cannot be used: %v", err))
	}
	p.ReasonCode = code
	return p
}

// lookAt requires the right to read everything.
func lookAt(ctx context.Context) error { return access.CallerOf(ctx).Require(access.LookAt, "", "") }
