package runner

import (
	"path/filepath"
	"strings"

	"rundown/internal/redact"
	"rundown/plan"
	"rundown/runner/session"
)

func accountRef(p *plan.Plan) *session.AccountRef {
	root := filepath.FromSlash(p.Files[0].Path)
	if abs, err := filepath.Abs(root); err == nil {
		root = abs
	}
	return &session.AccountRef{Plan: filepath.ToSlash(root), CustomerID: p.Account.CustomerID.String(), CustomerSecret: p.Account.CustomerSecret.String()}
}

// CompleteAccount says that nothing of the credentials is masked.
func CompleteAccount(r *session.AccountRef) bool {
	return !strings.Contains(r.CustomerID+r.CustomerSecret, redact.Mark)
}
