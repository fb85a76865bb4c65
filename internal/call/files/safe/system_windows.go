package safe

import (
	"os"
	"os/exec"
	"syscall"
)

// mark writes the mark of the web (zone 3, the Internet), so that Windows and Office warn
// before they open the file.
func mark(path string) error {
	return os.WriteFile(path+":Zone.Identifier", []byte("[ZoneTransfer]\r\nZoneId=3\r\n"), 0o600)
}

// hide keeps a console window from opening.
func hide(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{HideWindow: true} }

// fullDisk is ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
func fullDisk() []error { return []error{syscall.Errno(39), syscall.Errno(112)} }
