package server

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
)

// A further TURN server that works, one with another secret, one whose certificate is
// nobody's, one that is not there: each said with its remedy.
func TestFurtherTurnServers(t *testing.T) {
	const secret = "0123456789abcdef"
	other := development(t)
	other.Turn.Secret = secret
	node := start(t, other)
	udp := "turn:" + node.udp.LocalAddr().String() + "?transport=udp"
	silent, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := silent.LocalAddr().String()
	silent.Close()
	for _, tt := range []struct{ name, server, secret, word string }{
		{"well", udp, secret, ""},
		{"STUN", "stun:" + node.udp.LocalAddr().String(), secret, ""},
		{"another secret", udp, secret + "!", "turn.secret must be the same"},
		{"another's certificate", "turns:localhost:" + strings.TrimPrefix(node.port.Addr().String(), "127.0.0.1:") + "?transport=tcp", secret, "certificate is not one that browsers take"},
		{"not there", "turns:" + nobody + "?transport=tcp", secret, "cannot be reached"},
	} {
		cfg := development(t)
		cfg.Turn.Servers, cfg.Turn.Secret = []string{tt.server}, tt.secret
		app, err := New(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		err = app.tryServers(context.Background())
		if (tt.word == "") != (err == nil) || (err != nil && (!strings.Contains(err.Error(), tt.word) || !strings.Contains(err.Error(), "turn.servers: "+tt.server))) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err := app.undo.unwind(app.log); err != nil {
			t.Error(err)
		}
	}
}
