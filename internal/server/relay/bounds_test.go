package relay

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"
)

// arrives sends bytes to a socket and tells whether they come.
func arrives(t *testing.T, from net.PacketConn, to *net.UDPConn, at net.Addr, size int) bool {
	t.Helper()
	want := bytes.Repeat([]byte("m"), size)
	if _, err := from.WriteTo(want, at); err != nil {
		return false
	}
	b := make([]byte, 2000)
	_ = to.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	n, _, err := to.ReadFrom(b)
	return err == nil && bytes.Equal(b[:n], want)
}

func (r *rig) emptied(t *testing.T) {
	t.Helper()
	for limit := time.Now().Add(5 * time.Second); r.relay.Allocations() != 0; {
		if time.Now().After(limit) {
			t.Fatalf("%d allocations live on", r.relay.Allocations())
		}
		time.Sleep(5 * time.Millisecond)
	}
	r.relay.mu.Lock()
	defer r.relay.mu.Unlock()
	if len(r.relay.open) != 0 {
		t.Errorf("%d sockets are remembered", len(r.relay.open))
	}
}

// T4: leaving ends what is relayed, and nothing but coming back makes credentials again.
func TestRevokeEndsWhatRuns(t *testing.T) {
	r := newRig(t)
	ice := r.relay.ICE("p", true)[0]
	conn, err := r.client(t, ice.Username, ice.Credential).Allocate()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if !arrives(t, conn, r.ours, r.ours.LocalAddr(), 5) {
		t.Fatal("nothing passed before")
	}
	other := r.relay.ICE("q", true)[0]
	stays, err := r.client(t, other.Username, other.Credential).Allocate()
	if err != nil {
		t.Fatal(err)
	}
	r.relay.Revoke("p")
	if arrives(t, conn, r.ours, r.ours.LocalAddr(), 6) {
		t.Error("a participant who left still sends")
	}
	if !arrives(t, stays, r.ours, r.ours.LocalAddr(), 7) {
		t.Error("another participant was cut")
	}
	stays.Close()
	r.emptied(t)
	if got := r.relay.ICE("p", false); got != nil {
		t.Errorf("a seat that ends late got %v", got)
	}
	if _, err := r.client(t, ice.Username, ice.Credential).Allocate(); err == nil {
		t.Error("asking for servers lifted the ban")
	}
	r.relay.Admit("p")
	back := r.relay.ICE("p", true)
	if len(back) != 1 {
		t.Fatal("nothing for a participant who is back")
	}
	again, err := r.client(t, back[0].Username, back[0].Credential).Allocate()
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// A socket that opens while its participant is revoked is not given out.
func TestRevokedWhileOpening(t *testing.T) {
	r := newRig(t)
	r.relay.Revoke("p")
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := r.relay.take("1:p", c); err == nil {
		t.Error("a revoked participant got a socket")
	}
}

// A new credential is to be had every second; the quota is the participant's.
func TestQuotaOverCredentials(t *testing.T) {
	r := newRig(t)
	allocate := func(peer string) error {
		ice := r.relay.ICE(peer, true)[0]
		conn, err := r.client(t, ice.Username, ice.Credential).Allocate()
		if err == nil {
			t.Cleanup(func() { conn.Close() })
		}
		return err
	}
	for i := range quota {
		r.late.Store(int64(i) * int64(time.Second))
		if err := allocate("p"); err != nil {
			t.Fatalf("allocation %d: %v", i+1, err)
		}
	}
	r.late.Store(quota * int64(time.Second))
	if allocate("p") == nil {
		t.Error("one allocation too many, with a credential of its own")
	}
	if err := allocate("q"); err != nil {
		t.Errorf("another participant: %v", err)
	}
}

// What a try of the network gets, for which nobody signs in, is of use for that alone.
func TestTrialAllocation(t *testing.T) {
	r := newRig(t)
	r.relay.mu.Lock()
	r.relay.trial.bytes = 100
	r.relay.mu.Unlock()
	allocate := func(peer string) net.PacketConn {
		t.Helper()
		ice := r.relay.ICE(peer, true)[0]
		conn, err := r.client(t, ice.Username, ice.Credential).Allocate()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	// Somebody within the relay's ports.
	var far *net.UDPConn
	for port := 65500; far == nil && port <= 65535; port++ {
		far, _ = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	}
	if far == nil {
		t.Fatal("no port is free")
	}
	defer far.Close()
	if trial := allocate("probe-1"); arrives(t, trial, far, far.LocalAddr(), 10) {
		t.Error("a try of the network reached another relayed client")
	} else if !arrives(t, trial, r.ours, r.ours.LocalAddr(), 60) {
		t.Error("a try of the network did not reach our own media")
	} else if arrives(t, trial, r.ours, r.ours.LocalAddr(), 60) {
		t.Error("more was sent than the budget holds")
	}
	back := allocate("probe-2")
	if !arrives(t, back, r.ours, r.ours.LocalAddr(), 1) {
		t.Fatal("nothing passed")
	}
	came := 0
	for range 2 {
		if _, err := r.ours.WriteTo(make([]byte, 60), back.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		_ = back.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		if _, _, err := back.ReadFrom(make([]byte, 100)); err == nil {
			came++
		}
	}
	if came != 1 {
		t.Errorf("%d packets came back, want 1", came)
	}
	check := allocate("check-1") // the operator's own is none
	if !arrives(t, check, far, far.LocalAddr(), 200) {
		t.Error("a check of the server was bounded")
	}
	for _, c := range []net.PacketConn{back, check} {
		c.Close()
	}
}

func TestTrialEnds(t *testing.T) {
	r := newRig(t)
	r.relay.mu.Lock()
	r.relay.trial.life = 200 * time.Millisecond
	r.relay.mu.Unlock()
	ice := r.relay.ICE("probe-1", true)[0]
	conn, err := r.client(t, ice.Username, ice.Credential).Allocate()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r.emptied(t)
}

// A node with no SFU beside it is tried through to the SFU of another machine, within the
// same bounds.
func TestTrialOnANode(t *testing.T) {
	r := newRig(t)
	r.relay.o.Policy.Ours = nil
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.relay.take("1:probe-9", conn)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	f := got.(*filtered)
	if !f.policy.Allows(netip.MustParseAddrPort("9.9.9.9:443")) || f.left == nil || f.life == nil {
		t.Error("the SFU of another machine is out of reach, or without bounds")
	}
}
