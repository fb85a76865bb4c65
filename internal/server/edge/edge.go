// Package edge is the only place that opens sockets to listen on.
package edge

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// TCP opens a TCP listener. key names the configuration key for the error.
func TCP(key, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, explain(key, address, err)
	}
	return l, nil
}

// UDP opens a UDP socket with buffers for bursts of video.
func UDP(key, address string) (*net.UDPConn, error) {
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, explain(key, address, err)
	}
	network := "udp"
	if at.IP == nil || at.IP.To4() != nil {
		network = "udp4"
	}
	c, err := net.ListenUDP(network, at)
	if err != nil {
		return nil, explain(key, address, err)
	}
	// The kernel caps these at its own limits; less is slower, not wrong.
	_ = c.SetReadBuffer(4 << 20)
	_ = c.SetWriteBuffer(4 << 20)
	return c, nil
}

// Config is the TLS policy: 1.2 at least, forward secrecy, authenticated encryption.
func Config(certificate tls.Certificate) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{certificate},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}
}

func explain(key, address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s = %q: another program uses this port; stop it or choose another port", key, address)
	case errors.Is(err, syscall.EACCES), errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%s = %q: this user may not open the port; use one above 1023 or grant CAP_NET_BIND_SERVICE", key, address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s = %q: this machine does not have the address; leave the host empty to listen on all", key, address)
	}
	return fmt.Errorf("%s = %q: %w", key, address, err)
}
