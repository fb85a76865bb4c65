package safe

import (
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// Warning is what somebody should know before they open a file.
type Warning string

// The warnings, the worst first.
const (
	None Warning = ""
	// Program: it can be run, or holds what can.
	Program Warning = "program"
	// Active: opening it in a browser may run what is in it.
	Active Warning = "active"
	// Macros: a document that may bring programs along.
	Macros Warning = "macros"
	// Mismatch: it is not what its name says.
	Mismatch Warning = "mismatch"
)

// Kind is what is really in a file, by its first bytes.
type Kind struct {
	// MIME has no parameters.
	MIME    string
	Warning Warning
}

// KindOf looks at a file on the disk, by its content and its name. Nothing of the content
// is run or believed but its first 3 KiB. http.DetectContentType knows neither programs
// nor office documents, so package mimetype does this.
func KindOf(path, name string) (Kind, error) {
	m, err := mimetype.DetectFile(path)
	if err != nil {
		return Kind{}, err
	}
	return judge(m, name), nil
}

// KindOfBytes is the same for what is in memory.
func KindOfBytes(head []byte, name string) Kind { return judge(mimetype.Detect(head), name) }

func judge(m *mimetype.MIME, name string) Kind {
	kind, _, _ := strings.Cut(m.String(), ";")
	return Kind{kind, warn(m, Extension(name))}
}

func warn(m *mimetype.MIME, extension string) Warning {
	switch {
	case is(m, "application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-mach-binary", "application/x-ms-installer", "application/x-installshield",
		"application/x-msi", "application/jar", "application/java-archive", "application/vnd.android.package-archive", "application/x-ms-shortcut", "application/wasm", "application/vnd.debian.binary-package", "application/x-rpm",
		"text/x-shellscript", "text/x-python", "text/x-perl", "text/x-ruby", "text/x-lua", "text/x-tcl", "text/x-php", "application/x-chrome-extension", "application/x-java-applet"),
		has(programs, extension):
		return Program
	case is(m, "text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "application/javascript"), has(active, extension):
		return Active
	case has(macros, extension):
		return Macros
	}
	if want := claims(extension); want != nil && !is(m, want...) {
		return Mismatch
	}
	return None
}

// Extensions that a double click runs, or that bring a disk with programs on it.
const programs = ".exe .com .scr .pif .cpl .msi .msp .mst .msix .appx .bat .cmd .ps1 .psm1 .vbs .vbe .js .jse .mjs .wsf .wsh .hta .jar .lnk .url .website .inf .reg .scf .dll .ocx .sys .chm .gadget .application .appref-ms .settingcontent-ms .library-ms .search-ms " +
	".app .command .tool .workflow .action .dmg .pkg .mpkg .scpt .terminal .fileloc .inetloc .deb .rpm .run .sh .bash .zsh .ksh .csh .desktop .appimage .flatpakref .apk .ipa .iso .img .vhd .vhdx .py .pyw .pl .rb .php"

const active = ".html .htm .xhtml .xht .shtml .mht .mhtml .svg .svgz .xml .xsl .xslt .swf"

const macros = ".docm .dotm .xlsm .xltm .xlam .xlsb .xll .pptm .potm .ppsm .ppam .sldm .one .odb"

// WarningOf is what a name alone tells.
func WarningOf(name string) Warning {
	extension := Extension(name)
	for _, w := range []struct {
		list    string
		warning Warning
	}{{programs, Program}, {active, Active}, {macros, Macros}} {
		if has(w.list, extension) {
			return w.warning
		}
	}
	return None
}

func has(list, extension string) bool {
	return extension != "" && slices.Contains(strings.Fields(list), extension)
}

// is tells whether content is one of the kinds, or more special than one.
func is(m *mimetype.MIME, kinds ...string) bool {
	for ; m != nil; m = m.Parent() {
		if slices.ContainsFunc(kinds, m.Is) {
			return true
		}
	}
	return false
}

// claims lists what a file of an extension is; nil where anything may be.
func claims(extension string) []string {
	switch extension {
	case ".png", ".gif", ".webp", ".bmp", ".tiff", ".heic", ".avif":
		kind := "image/" + extension[1:]
		return []string{kind, kind + "-sequence"}
	case ".jpg", ".jpeg":
		return []string{"image/jpeg"}
	case ".tif":
		return []string{"image/tiff"}
	case ".pdf":
		return []string{"application/pdf"}
	case ".zip", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp":
		return []string{"application/zip"}
	case ".doc", ".xls", ".ppt":
		return []string{"application/x-ole-storage", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "text/rtf"}
	case ".txt", ".csv":
		return []string{"text/plain"}
	case ".mp3", ".wav", ".ogg", ".m4a", ".mp4", ".mov", ".webm":
		return nil // too many containers have too many names
	case ".dcm":
		return []string{"application/dicom"}
	}
	return nil
}
