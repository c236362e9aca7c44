package access

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Certificate is one of files that are read again when they have changed. Files that cannot be read, which a renewal may
// have written by half, change nothing and are logged. It is safe for concurrent use.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu     sync.Mutex // guards what is below
	loaded *tls.Certificate
	seen   [2]stamp // of the files as they were loaded
	looked time.Time
	told   string // the error that was logged last, "" where the last look found none
}

// LoadCertificate reads a certificate with its key.
func LoadCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log}
	err := c.load()
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return c, nil
}

// load reads the files where they have changed. The caller holds mu, or is the only one that knows c.
func (c *Certificate) load() error {
	var seen [2]stamp
	for i, file := range []string{c.certFile, c.keyFile} {
		var err error
		if seen[i], err = stampOf(file); err != nil {
			return err
		}
	}
	if c.loaded != nil && seen == c.seen {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.loaded, c.seen = &pair, seen
	return nil
}

// Config is what a server needs to serve it.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return c.current(), nil
	}}
}

// current gives the certificate, after a look at the files. It is called for each handshake.
func (c *Certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Sub(c.looked) < lookEvery {
		return c.loaded
	}
	c.looked = now
	before := c.seen
	text := ""
	if err := c.load(); err != nil {
		text = err.Error()
	}
	switch {
	case text != "" && text != c.told:
		c.log.Error("certificate not reloaded, the former one is served", "error", text)
	case text == "" && c.seen != before:
		c.log.Info("certificate reloaded", "path", c.certFile)
	}
	c.told = text
	return c.loaded
}
