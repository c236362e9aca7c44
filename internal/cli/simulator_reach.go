package cli

import (
	"fmt"
	"io"
	"net"
)

// warnOfReach says that other machines can reach a simulator, and what they can do with it.
func warnOfReach(w io.Writer, addr net.Addr, token string) {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsLoopback() {
		return
	}
	control := "the endpoints under /_simulator/ answer callers on this machine only"
	if token != "" {
		control = "the endpoints under /_simulator/ answer callers with the control token"
	}
	fmt.Fprintf(w, "rundown: warning: other machines can reach the simulator at %s; %s\n", addr, control)
}
