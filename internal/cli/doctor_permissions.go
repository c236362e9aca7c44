package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// permissions checks who may read and change the store. Whoever can write to the file, or replace it since the folder is
// writable, decides what is recorded and what is stopped.
func (c *checkup) permissions(path string) {
	if runtime.GOOS == "windows" { // permission bits tell nothing there
		return
	}
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return // told already
	}
	folder := filepath.Dir(file)
	info, err := os.Stat(file)
	if err != nil {
		return
	}
	around, err := os.Stat(folder)
	if err != nil {
		return
	}
	shared := false
	tell := func(result checkResult, name, who, may, try string) {
		shared = true
		c.add("store", result, fmt.Sprintf("%s can %s %s", who, may, name), fmt.Sprintf("chmod %s %s", try, name))
	}
	const group, others = "the group of the owner", "every user of this host"
	bits, reach := info.Mode().Perm(), around.Mode().Perm()
	switch sticky := around.Mode()&fs.ModeSticky != 0; {
	case reach&0o002 != 0 && !sticky:
		tell(checkFail, folder, others, "write to", "o-w")
	case reach&0o002 != 0: // others can make files there, but not replace these
		tell(checkWarn, folder, others, "create files in", "o-w")
	case reach&0o020 != 0:
		tell(checkWarn, folder, group, "write to", "g-w")
	}
	switch {
	case reach&0o001 == 0: // no one else gets to the file
	case bits&0o002 != 0:
		tell(checkFail, file, others, "write to", "o-rw")
	case bits&0o004 != 0:
		tell(checkWarn, file, others, "read", "o-r")
	}
	switch {
	case reach&0o010 == 0:
	case bits&0o020 != 0:
		tell(checkWarn, file, group, "write to", "g-rw")
	case bits&0o040 != 0:
		tell(checkWarn, file, group, "read", "g-r")
	}
	if !shared {
		c.add("store", checkOK, "only the owner can read and write it", "")
	}
}
