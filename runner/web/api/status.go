package api

import (
	"context"
	"net/http"

	"rundown/runner"
	"rundown/runner/view"
)

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

// registerStatus adds what commands read of the whole store and of its daemons.
func (a *API) registerStatus() {
	registerRead(a, route(http.MethodGet, "/api/v1/nodes", "listNodes", "Nodes",
		"The processes that work on the store, with the App IDs whose classes each records: one on SQLite, one or more on PostgreSQL.", "Status"),
		func(ctx context.Context, _ *struct{}) (Nodes, error) {
			nodes, err := view.ReadNodes(ctx, a.Store, a.Now())
			return Nodes{nodes}, err
		})
	registerRead(a, route(http.MethodGet, "/api/v1/status", "getStatus", "What runs, is due and has ended",
		"What runs, is due within 24 hours or ended within 24 hours, plans that wait or were refused, and the daemon: the JSON of `rundown status`.", "Status"),
		func(ctx context.Context, _ *struct{}) (view.Status, error) {
			o, err := view.ReadOverview(ctx, a.Store, a.Now())
			if err != nil {
				return view.Status{}, err
			}
			return o.JSON(), nil
		})
	registerRead(a, route(http.MethodGet, "/api/v1/health", "getHealth", "Health issues",
		"The health issues of the daemon, and whether classes can begin: the JSON of /readyz, always with status 200.", "Status"),
		func(context.Context, *struct{}) (Health, error) {
			ready, why, issues := a.Health()
			return Health{ready, view.OrNull(why), append([]runner.Issue{}, issues...)}, nil
		})
	registerRead(a, route(http.MethodGet, "/api/v1/orders", "listOrders", "Pending orders",
		"The orders that no daemon has carried out yet, oldest first.", "Status"),
		func(ctx context.Context, _ *struct{}) (Orders, error) {
			orders, err := view.ReadOrders(ctx, a.Store)
			return Orders{orders}, err
		})
}
