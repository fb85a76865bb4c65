//go:build linux

package netlab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Other people's programs that stand between clients and server. Each writes its
// configuration to a folder and answers the command that runs it in the foreground.

// TinyproxyPort is where the HTTP proxy listens.
const TinyproxyPort = 3128

// Tinyproxy is an HTTP proxy that lets CONNECT through to these ports and asks for a
// password when user is not empty.
func Tinyproxy(dir string, ports []int, user, password string) ([]string, error) {
	lines := []string{fmt.Sprintf("Port %d", TinyproxyPort), "Timeout 600", "MaxClients 100", "LogLevel Connect", "DisableViaHeader Yes"}
	for _, p := range ports {
		lines = append(lines, fmt.Sprintf("ConnectPort %d", p))
	}
	if user != "" {
		lines = append(lines, fmt.Sprintf("BasicAuth %s %s", user, password))
	}
	path := filepath.Join(dir, "tinyproxy.conf")
	return []string{"tinyproxy", "-d", "-c", path}, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}

// Nginx is a reverse proxy as its manual sets one up for WebSockets, with the timeouts
// it has when nobody says otherwise: a connection that is silent for 60 s is cut.
func Nginx(dir, prefix, certificate, key string) ([]string, error) {
	text := fmt.Sprintf(`daemon off;
pid %[1]s/nginx.pid;
error_log stderr warn;
worker_processes 1;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path %[1]s/nginx-body;
	proxy_temp_path %[1]s/nginx-proxy;
	proxy_max_temp_file_size 0;
	fastcgi_temp_path %[1]s/nginx-fastcgi;
	uwsgi_temp_path %[1]s/nginx-uwsgi;
	scgi_temp_path %[1]s/nginx-scgi;
	map $http_upgrade $connection_upgrade {
		default upgrade;
		"" close;
	}
	server {
		listen 443 ssl;
		server_name %[2]s;
		ssl_certificate %[3]s;
		ssl_certificate_key %[4]s;
		location %[5]s/ {
			proxy_pass https://%[6]s:443;
			proxy_http_version 1.1;
			proxy_set_header Host $host;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection $connection_upgrade;
			proxy_read_timeout 60s;
			proxy_send_timeout 60s;
		}
	}
}
`, dir, ServerName, certificate, key, strings.TrimSuffix(prefix, "/"), ServerAddress)
	path := filepath.Join(dir, "nginx.conf")
	return []string{"nginx", "-e", "stderr", "-c", path}, os.WriteFile(path, []byte(text), 0o600)
}

// HAProxy is a reverse proxy for HTTP with timeouts of 60 s, tunnels included.
func HAProxy(dir, both string) ([]string, error) {
	text := fmt.Sprintf(`defaults
	mode http
	timeout connect 5s
	timeout client 60s
	timeout server 60s
	timeout tunnel 60s
frontend public
	bind :443 ssl crt %s alpn http/1.1
	default_backend ekermed
backend ekermed
	server one %s:443 ssl verify none
`, both, ServerAddress)
	path := filepath.Join(dir, "haproxy.cfg")
	return []string{"haproxy", "-db", "-f", path}, os.WriteFile(path, []byte(text), 0o600)
}
