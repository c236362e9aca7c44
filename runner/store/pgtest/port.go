package pgtest

import (
	"errors"
	"math/rand/v2"
	"net"
	"sync"
)

// The ports that [FreePort] gives lie below those that the kernel gives to whoever asks for any.
const (
	firstPort = 15000
	ports     = 15000
)

// taken holds, for each port that [FreePort] gave, the UDP port of the same number.
var taken struct {
	sync.Mutex
	held []net.PacketConn
}

// FreePort is a port of 127.0.0.1 that nobody listens on, for a server that cannot choose one by itself. It stays free while no server
// listens there, also when the server is down for a while: the kernel gives it to no connection, and this function gives it to no other
// test, of this process or another, until this process ends.
func FreePort() (int, error) {
	for range 1000 {
		port := firstPort + rand.IntN(ports)
		held, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			continue
		}
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			_ = held.Close()
			continue
		}
		_ = l.Close()
		taken.Lock()
		defer taken.Unlock()
		taken.held = append(taken.held, held)
		return port, nil
	}
	return 0, errors.New("no port is free")
}
