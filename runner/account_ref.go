package runner

import (
	"path/filepath"

	"rundown/plan"
)

// AccountRef names the credentials of a class whose plan the store does not keep, by the references that the plan uses. It
// holds no secret. Whoever has to stop the class later needs it.
type AccountRef struct {
	Plan           string `json:"plan"` // path of the plan's root file, to which references to files are relative
	CustomerID     string `json:"customer_id"`
	CustomerSecret string `json:"customer_secret"` // masked where it is written out
}

func accountRef(p *plan.Plan) *AccountRef {
	root := filepath.FromSlash(p.Files[0].Path)
	if abs, err := filepath.Abs(root); err == nil {
		root = abs
	}
	return &AccountRef{Plan: filepath.ToSlash(root), CustomerID: p.Account.CustomerID.String(), CustomerSecret: p.Account.CustomerSecret.String()}
}

// Complete says that nothing of the credentials is masked.
func (r *AccountRef) Complete() bool {
	return !archivedFiles{"": []byte(r.CustomerID + r.CustomerSecret)}.masked()
}
