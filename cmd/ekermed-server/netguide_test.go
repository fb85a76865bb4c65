package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNetworkGuide(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.toml")
	text := "[server]\nurl = \"https://127.0.0.1\"\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n[turn]\nudp = \":3478\"\naddress = \"203.0.113.8\"\n[mail]\nfrom = \"a@visio.example\"\n[hosting]\ncountry = \"FR\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		says []string
	}{
		{[]string{"--config", file}, []string{"# Guide réseau", "UDP\u00a03478", "203.0.113.8", "visio.example. TXT"}},
		{[]string{"--config", file, "--format", "html", "--language", "en"}, []string{"<!doctype html>", `lang="en"`, "data:font/woff2", "UDP\u00a03478"}},
		{[]string{"--config", file, "--format", "svg"}, []string{"<svg "}},
		{[]string{"--dev", "--data", t.TempDir(), "--language", "en"}, []string{"one machine only", "port chosen at the start"}},
	} {
		o := try(t, "", nil, append([]string{"network-guide"}, tt.args...)...)
		for _, want := range tt.says {
			if o.code != exitOK || o.stderr != "" || !strings.Contains(o.stdout, want) {
				t.Errorf("%v: %d, %q, without %q", tt.args, o.code, o.stderr, want)
			}
		}
	}
	var g struct{ Rules []struct{ ID, Text string } }
	o := try(t, "", nil, "network-guide", "--config", file, "--format", "json", "--language", "en")
	if err := json.Unmarshal([]byte(o.stdout), &g); err != nil || len(g.Rules) == 0 || g.Rules[0].Text != "pages, sign-in, configuration" {
		t.Errorf("%v %+v", err, g)
	}
	try(t, "", nil, "network-guide", "--config", file, "--format", "pdf").sentence(t, "a format of others", exitUsage, `"pdf"`, "md, html, json, svg")
	try(t, "", nil, "network-guide", "--config", file, "--language", "de").sentence(t, "a language of others", exitUsage, `"de"`, "fr, en")
	try(t, "", nil, "network-guide").sentence(t, "no configuration", exitFail, "server.url")
	try(t, "", nil, "network-guide", "--config", file+"x").sentence(t, "no file", exitFail, "no such file")
}
