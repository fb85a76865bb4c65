package waylandtest

import (
	"encoding/binary"
	"net"
	"sync"
	"syscall"
)

// between stands between the portal's backend and a compositor that draws without a GPU.
// xdg-desktop-portal-wlr, from 0.5 to 0.7.1, shows a screen only when the compositor says
// which format it would have in GPU memory, also where shared memory is all there is, and
// goes on to use that. This says so to it, before each "buffer_done" of
// wlr-screencopy-unstable-v1; all else passes as it is.
type between struct {
	mu      sync.Mutex
	objects map[uint32]string // interfaces of those that matter
	sizes   map[uint32][8]byte
}

const (
	manager = "zwlr_screencopy_manager_v1"
	picture = "zwlr_screencopy_frame_v1"
	xrgb    = 0x34325258 // DRM_FORMAT_XRGB8888
)

// serve passes one client's messages until either side ends.
func serve(client, compositor *net.UnixConn) {
	b := &between{objects: map[uint32]string{1: "wl_display"}, sizes: map[uint32][8]byte{}}
	var both sync.WaitGroup
	both.Go(func() { pass(compositor, client, b.asked) })
	both.Go(func() { pass(client, compositor, b.told) })
	both.Wait()
}

// asked follows what the client makes.
func (b *between) asked(object uint32, opcode uint16, body []byte) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	u32 := func(at int) uint32 { return binary.NativeEndian.Uint32(body[at:]) }
	switch kind := b.objects[object]; {
	case kind == "wl_display" && opcode == 1: // get_registry(new_id)
		b.objects[u32(0)] = "wl_registry"
	case kind == "wl_registry" && opcode == 0: // bind(name, interface, version, new_id)
		n := int(u32(4))
		if string(body[8:8+n-1]) == manager {
			b.objects[u32(len(body)-4)] = manager
		}
	case kind == manager && opcode == 0: // capture_output(new_id, …)
		b.objects[u32(0)] = picture
	case kind == picture && opcode == 1: // destroy
		delete(b.objects, object)
	}
	return nil
}

// told returns what is to be said before an event.
func (b *between) told(object uint32, opcode uint16, body []byte) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.objects[object] != picture {
		return nil
	}
	switch opcode {
	case 0: // buffer(format, width, height, stride)
		b.sizes[object] = [8]byte(body[4:12])
	case 6: // buffer_done
		size := b.sizes[object]
		first := binary.NativeEndian.AppendUint32(nil, object)
		first = binary.NativeEndian.AppendUint32(first, 20<<16|5) // linux_dmabuf(format, width, height)
		return append(binary.NativeEndian.AppendUint32(first, xrgb), size[:]...)
	}
	return nil
}

// pass copies messages (a header of object, and length with opcode) and the files that come
// with them. Both ends are closed when either is.
func pass(to, from *net.UnixConn, look func(object uint32, opcode uint16, body []byte) []byte) {
	defer to.Close()
	defer from.Close()
	var in, files []byte
	buf, oob := make([]byte, 1<<16), make([]byte, 1<<12)
	for {
		n, o, _, _, err := from.ReadMsgUnix(buf, oob)
		if err != nil || n == 0 {
			return
		}
		in, files = append(in, buf[:n]...), append(files, oob[:o]...)
		var out []byte
		for len(in) >= 8 {
			object, what := binary.NativeEndian.Uint32(in), binary.NativeEndian.Uint32(in[4:])
			size := int(what >> 16)
			if size < 8 {
				return
			}
			if len(in) < size {
				break
			}
			out = append(out, look(object, uint16(what), in[8:size])...)
			out, in = append(out, in[:size]...), in[size:]
		}
		if len(out) == 0 {
			continue
		}
		sent, _, err := to.WriteMsgUnix(out, files, nil)
		closeAll(files)
		files = nil
		if err == nil && sent < len(out) {
			_, err = to.Write(out[sent:])
		}
		if err != nil {
			return
		}
	}
}

// closeAll closes our copies of files that were passed on.
func closeAll(control []byte) {
	messages, _ := syscall.ParseSocketControlMessage(control)
	for _, m := range messages {
		fds, _ := syscall.ParseUnixRights(&m)
		for _, fd := range fds {
			_ = syscall.Close(fd)
		}
	}
}

// listen has clients at a path talk with the compositor at another. It returns what ends
// that, and waits until it has.
func listen(path, compositor string) (stop func(), err error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []*net.UnixConn
	all.Go(func() {
		for {
			client, err := l.AcceptUnix()
			if err != nil {
				return
			}
			server, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: compositor, Net: "unix"})
			if err != nil {
				_ = client.Close()
				continue
			}
			mu.Lock()
			open = append(open, client, server)
			mu.Unlock()
			all.Go(func() { serve(client, server) })
		}
	})
	return func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	}, nil
}
