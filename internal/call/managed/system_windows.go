package managed

import (
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Path is where the IT department writes the settings. It is asked of the system: the variable
// %ProgramData% is the user's to change.
func Path() (string, error) {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, windows.KF_FLAG_DEFAULT)
	if err != nil {
		return "", fmt.Errorf("asking for the folder ProgramData: %w", err)
	}
	return filepath.Join(dir, "e-KerMed", "desktop.toml"), nil
}

// What may not be others' to do. Anybody may add files to folders of ProgramData, by the
// system's own default: that overwrites nothing.
const (
	takesOver   windows.ACCESS_MASK = windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER | windows.GENERIC_ALL
	writesFile                      = takesOver | windows.GENERIC_WRITE | windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA
	emptyFolder                     = takesOver | fileDeleteChild
	// fileDeleteChild is FILE_DELETE_CHILD of winnt.h.
	fileDeleteChild = 0x40
)

// trusted tells whether the IT department alone can have written the file. Anybody may make
// what is not there below ProgramData, and what a scanner is, everybody runs.
func trusted(f *os.File) error {
	file, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("asking who may write to the file: %w", err)
	}
	if err := guarded(file, writesFile, "the file"); err != nil {
		return err
	}
	folder, err := windows.GetNamedSecurityInfo(filepath.Dir(f.Name()), windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("asking who may write to its folder: %w", err)
	}
	return guarded(folder, emptyFolder, "its folder")
}

func guarded(sd *windows.SECURITY_DESCRIPTOR, kept windows.ACCESS_MASK, what string) error {
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("asking whose %s is: %w", what, err)
	}
	if !administers(owner) {
		return fmt.Errorf("%s belongs to %s; give it to Administrators and see what is in it", what, owner)
	}
	list, _, err := sd.DACL()
	if err != nil || list == nil { // without a list everybody may do everything
		return fmt.Errorf("everybody may write to %s; take that from them and see what is in it", what)
	}
	for i := range uint32(list.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &entry); err != nil {
			return fmt.Errorf("asking who may write to %s: %w", what, err)
		}
		if entry.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0 || entry.Header.AceType == windows.ACCESS_DENIED_ACE_TYPE || entry.Mask&kept == 0 {
			continue
		}
		if entry.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE {
			return fmt.Errorf("%s has an access list with conditions, which is not understood; write one without", what)
		}
		if who := (*windows.SID)(unsafe.Pointer(&entry.SidStart)); !administers(who) {
			return fmt.Errorf("%s may write to %s; take that from them and see what is in it", who, what)
		}
	}
	return nil
}

// administers tells whether somebody may do everything on the machine anyway.
func administers(who *windows.SID) bool {
	return who.IsWellKnown(windows.WinLocalSystemSid) || who.IsWellKnown(windows.WinBuiltinAdministratorsSid) ||
		who.String() == "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464" // TrustedInstaller
}
