package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rundown/runner"
	"rundown/runner/view"
)

// answer is a body with the headers that go with it.
type answer[T any] struct{ Body T }

// Health is the readiness of the daemon and its health issues.
type Health struct {
	Ready  bool           `json:"ready" doc:"Whether classes can begin"`
	Reason *string        `json:"reason" doc:"Why not, where no issue says it"`
	Issues []runner.Issue `json:"issues"`
}

// Orders are the orders that no daemon has carried out yet.
type Orders struct {
	Orders []view.PendingOrder `json:"orders"`
}

// Nodes are the processes that work on the store.
type Nodes struct {
	Nodes []view.Node `json:"nodes"`
}

func (a *API) registerStatus() {
	huma.Register(a.huma, route(http.MethodGet, "/api/v1/nodes", "listNodes", "Nodes",
		"The processes that work on the store, with the App IDs whose classes each records: one on SQLite, one or more on PostgreSQL.", "Status"),
		func(ctx context.Context, _ *struct{}) (*answer[Nodes], error) {
			if err := lookAt(ctx); err != nil {
				return nil, a.problem(err)
			}
			nodes, err := view.ReadNodes(ctx, a.Store, a.Now())
			if err != nil {
				return nil, a.problem(err)
			}
			return &answer[Nodes]{Nodes{nodes}}, nil
		})
	huma.Register(a.huma, route(http.MethodGet, "/api/v1/status", "getStatus", "What runs, is due and has ended",
		"What runs, is due within 24 hours or ended within 24 hours, plans that wait or were refused, and the daemon: the JSON of `rundown status`.", "Status"),
		func(ctx context.Context, _ *struct{}) (*answer[view.Status], error) {
			if err := lookAt(ctx); err != nil {
				return nil, a.problem(err)
			}
			o, err := view.ReadOverview(ctx, a.Store, a.Now())
			if err != nil {
				return nil, a.problem(err)
			}
			return &answer[view.Status]{o.JSON()}, nil
		})
	huma.Register(a.huma, route(http.MethodGet, "/api/v1/health", "getHealth", "Health issues",
		"The health issues of the daemon, and whether classes can begin: the JSON of /readyz, always with status 200.", "Status"),
		func(ctx context.Context, _ *struct{}) (*answer[Health], error) {
			if err := lookAt(ctx); err != nil {
				return nil, a.problem(err)
			}
			ready, why, issues := a.Health()
			return &answer[Health]{Health{ready, view.OrNull(why), append([]runner.Issue{}, issues...)}}, nil
		})
	huma.Register(a.huma, route(http.MethodGet, "/api/v1/orders", "listOrders", "Pending orders",
		"The orders that no daemon has carried out yet, oldest first.", "Status"),
		func(ctx context.Context, _ *struct{}) (*answer[Orders], error) {
			if err := lookAt(ctx); err != nil {
				return nil, a.problem(err)
			}
			orders, err := view.ReadOrders(ctx, a.Store)
			if err != nil {
				return nil, a.problem(err)
			}
			return &answer[Orders]{Orders{orders}}, nil
		})
}
