package ui

import (
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// Diagnoses, as the machine would make them.

func diagnosed(d call.Diagnosis) call.State {
	s := signedIn()
	s.Diagnosis = d
	return s
}

func result(kind call.TestKind, state call.TestState, why call.Why, port int, f call.Figures) call.Result {
	r := call.Result{ID: string(kind), Kind: kind, State: state, Why: why, Figures: f}
	if port > 0 {
		r.Target = call.Target{Host: "ekermed.example.org", Port: port, Over: "udp"}
		switch kind {
		case call.TestHTTPS, call.TestWSS, call.TestTURNTLS, call.TestMediaTLS:
			r.Target.Over = "tcp"
		}
	}
	return r
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func trial(results ...call.Result) call.Diagnosis {
	return call.Diagnosis{Phase: call.DiagnosisOver, Server: "https://ekermed.example.org", Results: results, Verdict: call.Judge(results, true),
		At: time.Date(2026, 6, 3, 10, 42, 0, 0, time.FixedZone("", 7200)), Try: 1}
}

func web() []call.Result {
	return []call.Result{
		result(call.TestHTTPS, call.TestGood, "", 443, call.Figures{Ready: ms(48)}),
		result(call.TestWSS, call.TestGood, "", 443, call.Figures{Ready: ms(61), Trip: ms(17)}),
	}
}

func media(trip int, loss, rate float64) call.Figures {
	return call.Figures{Ready: ms(210), Trip: ms(trip), Echoed: true, Loss: loss, Rate: rate, Capped: rate > 1.35e6}
}

func halfway() call.Diagnosis {
	d := trial(append(web(),
		result(call.TestSTUN, call.TestGood, "", 443, call.Figures{Ready: ms(19)}),
		result(call.TestTURNUDP, call.TestRunning, "", 443, call.Figures{}),
		result(call.TestTURNTLS, call.TestRunning, "", 443, call.Figures{}),
		result(call.TestMediaUDP, call.TestWaiting, "", 0, call.Figures{}),
		result(call.TestMediaTURN, call.TestWaiting, "", 0, call.Figures{}),
		result(call.TestMediaTLS, call.TestWaiting, "", 0, call.Figures{}))...)
	d.Phase, d.Verdict, d.At = call.DiagnosisRunning, "", time.Time{}
	return d
}

func direct() call.Diagnosis {
	return trial(append(web(),
		result(call.TestSTUN, call.TestGood, "", 443, call.Figures{Ready: ms(19)}),
		result(call.TestTURNUDP, call.TestGood, "", 443, call.Figures{Ready: ms(57)}),
		result(call.TestTURNTLS, call.TestGood, "", 443, call.Figures{Ready: ms(102)}),
		result(call.TestMediaUDP, call.TestGood, "", 443, media(18, 0, 1.496e6)),
		result(call.TestMediaTURN, call.TestSkipped, call.WhyEnough, 0, call.Figures{}),
		result(call.TestMediaTLS, call.TestGood, "", 443, media(24, 0.4, 1.41e6)))...)
}

func throughTLS() call.Diagnosis {
	return trial(append(web(),
		result(call.TestSTUN, call.TestFailed, call.WhyTimeout, 443, call.Figures{}),
		result(call.TestTURNUDP, call.TestFailed, call.WhyTimeout, 443, call.Figures{}),
		result(call.TestTURNTLS, call.TestGood, "", 443, call.Figures{Ready: ms(102)}),
		result(call.TestMediaUDP, call.TestFailed, call.WhyTimeout, 443, call.Figures{}),
		result(call.TestMediaTURN, call.TestFailed, call.WhyRelay, 0, call.Figures{}),
		result(call.TestMediaTLS, call.TestSlow, "", 443, media(95, 1.2, 540e3)))...)
}

func blocked() call.Diagnosis {
	d := throughTLS()
	d.Results[4] = result(call.TestTURNTLS, call.TestFailed, call.WhyCertificate, 443, call.Figures{})
	d.Results[7] = result(call.TestMediaTLS, call.TestFailed, call.WhyRelay, 0, call.Figures{})
	d.Verdict = call.Judge(d.Results, true)
	return d
}

func unreached() call.Diagnosis {
	var rest []call.Result
	for _, r := range halfway().Results[1:] {
		rest = append(rest, result(r.Kind, call.TestSkipped, call.WhyBefore, 0, call.Figures{}))
	}
	return trial(append([]call.Result{result(call.TestHTTPS, call.TestFailed, call.WhyCertificate, 443, call.Figures{})}, rest...)...)
}

// Whatever the test finds, there are words for it, and in the letter no key and no hole.
func TestEveryFindingHasWords(t *testing.T) {
	everyLanguage(t, func(t *testing.T, w words) {
		families := map[string][]string{
			"diag.state.": constants(t, "../call", "TestState"),
			"diag.test.":  constants(t, "../call", "TestKind"),
		}
		for family, ends := range families {
			for _, end := range ends {
				if !w.Has(family + end) {
					t.Errorf("no text %s%s", family, end)
				}
			}
		}
		for _, why := range constants(t, "../call", "Why") {
			if text := w.why(call.Why(why)); strings.Contains(text, "diag.") {
				t.Errorf("no words for the reason %s", why)
			}
		}
		for _, v := range constants(t, "../call", "Verdict") {
			d := blocked()
			d.Verdict = call.Verdict(v)
			sentence, action := w.verdict(d)
			letter := w.letter(d, "1.0.0", "windows")
			for _, s := range []string{sentence, action, letter} {
				if s == "" || strings.Contains(s, "{") || strings.Contains(s, "diag.") {
					t.Errorf("%s reads %q", v, s)
				}
			}
		}
		for _, n := range []string{"web", "relay_tls", "relay", "media", "media_high"} {
			if !w.Has("diag.it." + n) {
				t.Errorf("no text diag.it.%s", n)
			}
		}
	})
}

func TestLetter(t *testing.T) {
	d := blocked()
	d.Results[5].Target = call.Target{Host: "203.0.113.7", Port: 51234, Over: "udp"}
	got := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(loadWords("fr").letter(d, "1.0.0", "windows"))
	want := `e-KerMed, consultation vidéo : test du réseau

Serveur : ekermed.example.org
Date : 2026-06-03 10:42 (UTC+02:00)
Programme : e-KerMed pour ordinateur 1.0.0, windows

Conclusion : Ce réseau ne laisse passer ni le son ni l’image.

Résultats :
- Accès au serveur (HTTPS), TCP 443 ekermed.example.org : Bon (48 ms)
- Liaison permanente (WebSocket), TCP 443 ekermed.example.org : Bon (61 ms, aller-retour 17 ms)
- Adresse vue de l’extérieur (STUN), UDP 443 ekermed.example.org : Échec (Pas de réponse à temps)
- Relais TURN en UDP, UDP 443 ekermed.example.org : Échec (Pas de réponse à temps)
- Relais TURN sur TLS, TCP 443 ekermed.example.org : Échec (Certificat non reconnu (inspection TLS ?))
- Son et image, en direct, UDP élevé (51234) 203.0.113.7 : Échec (Pas de réponse à temps)
- Son et image, par le relais UDP : Échec (Le relais n’a pas répondu)
- Son et image, par le relais TLS : Échec (Le relais n’a pas répondu)

À ouvrir en sortie, depuis le poste :
- UDP 443 vers ekermed.example.org : STUN et TURN
- TCP 443 vers ekermed.example.org : TURN sur TLS, sans déchiffrement
- UDP 51234 vers 203.0.113.7 : son et image (DTLS-SRTP) ; le port change à chaque appel, ouvrir la plage donnée par le guide

Guide du réseau : https://ekermed.example.org/network-guide`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// From the settings by keyboard: it starts at once, can be stopped, and is given up when
// the screen is left.
func TestDiagnosisByKeyboard(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(signedIn())
	d.ctrl(fyne.KeyComma)
	for range 30 {
		if d.focusedOn() == "Tester le réseau" {
			break
		}
		d.tab(1)
	}
	d.key(fyne.KeyReturn)
	expect(t, d.take(), call.RunDiagnosis{})
	d.Show(diagnosed(halfway()))
	if d.at != atDiagnosis || d.focusedOn() != "Arrêter le test" {
		t.Errorf("at %s the keyboard is at %q", d.at, d.focusedOn())
	}
	d.key(fyne.KeySpace)
	expect(t, d.take(), call.StopDiagnosis{})
	d.key(fyne.KeyEscape)
	expect(t, d.take(), call.StopDiagnosis{})
	if d.at != atSettings {
		t.Errorf("Escape leads to %s", d.at)
	}
	d.key(fyne.KeyF1)
	test.Tap(d.button("Tester le réseau"))
	if d.at != atDiagnosis || d.dialog != nil {
		t.Errorf("from the help one comes to %s", d.at)
	}
}

// The text for IT is read, selected and copied, and not changed.
func TestLetterIsCopied(t *testing.T) {
	d := newDesk(t, 1280, 800)
	d.Show(diagnosed(blocked()))
	d.visit(atDiagnosis)
	d.tab(3) // again, copy, back, text
	if d.focusedOn() != "Texte à transmettre" {
		t.Fatalf("the keyboard is at %q", d.focusedOn())
	}
	box := d.window.Canvas().Focused().(*kit.Entry)
	text := box.Text
	d.typeText("x")
	d.key(fyne.KeyBackspace)
	d.key(fyne.KeyReturn)
	box.TypedShortcut(&fyne.ShortcutSelectAll{})
	box.TypedShortcut(&fyne.ShortcutCut{Clipboard: test.NewClipboard()})
	if box.Text != text || box.SelectedText() != text {
		t.Errorf("the text was changed to\n%s", box.Text)
	}
	test.Tap(d.button("Copier le texte pour l’informatique"))
	if d.copied != text || !strings.Contains(text, "network-guide") || d.button("Texte copié") == nil {
		t.Errorf("copied %q", d.copied)
	}
}

// Before signing in the test stands alone; signing in meanwhile stops nothing, and a
// call does not leave it running.
func TestDiagnosisBeforeSignIn(t *testing.T) {
	d := newDesk(t, 1280, 800)
	out := call.State{Account: call.Account{Phase: call.SignedOut, Server: "https://ekermed.example.org", Problem: &call.Problem{Code: call.ProblemOffline}}}
	d.Show(out)
	test.Tap(d.button("Tester le réseau"))
	expect(t, d.take(), call.RunDiagnosis{})
	out.Diagnosis = halfway()
	d.Show(out)
	if d.at != atDiagnosisAlone {
		t.Fatalf("at %s", d.at)
	}
	d.Show(diagnosed(halfway()))
	if d.at != atDiagnosis {
		t.Errorf("signed in, at %s", d.at)
	}
	expect(t, d.take())
	d.Show(out) // the session ends
	if d.at != atSignIn {
		t.Errorf("signed out, at %s", d.at)
	}
	expect(t, d.take(), call.StopDiagnosis{})
	test.Tap(d.button("Tester le réseau"))
	d.take()
	d.key(fyne.KeyEscape)
	expect(t, d.take(), call.StopDiagnosis{})
	if d.at != atSignIn {
		t.Errorf("Escape leads to %s", d.at)
	}
	// Wrong passwords are no matter of the network's.
	out.Account.Problem = &call.Problem{Code: "credentials"}
	d.Show(out)
	for _, b := range d.buttons() {
		if b.Label() == "Tester le réseau" {
			t.Error("a wrong password leads to the network test")
		}
	}
}
