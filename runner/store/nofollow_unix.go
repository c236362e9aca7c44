//go:build unix

package store

import "golang.org/x/sys/unix"

// noFollow makes an open fail where the last part of the path is a symbolic link, and never wait for the other end of a
// FIFO.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK
