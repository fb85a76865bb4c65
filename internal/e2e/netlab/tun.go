//go:build linux

package netlab

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openTUN makes a TUN device on the node: IP packets, with no header before them. The
// device goes when the file is closed.
func openTUN(n *Node, name string) (*os.File, error) {
	var fd int
	err := n.Enter(func() error {
		var err error
		if fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
		request, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		return unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	})
	if err != nil {
		return nil, fmt.Errorf("making the TUN device %s on %s: %w", name, n.Name, err)
	}
	// Only a device that is set up can be polled: NewFile comes last.
	return os.NewFile(uintptr(fd), name), nil
}
