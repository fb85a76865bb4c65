package edge

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strings"
	"time"
)

// Load reads a certificate and its key (PEM) and refuses weak ones: requirement 43
// asks for SHA-256 and RSA of 2048 bits; EC of 256 bits is at least as strong.
func Load(certificate, key string) (tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return pair, fmt.Errorf("server.certificate = %q, server.key = %q: %w; check that both files exist, can be read by this user and belong together", certificate, key, err)
	}
	leaf := pair.Leaf
	switch public := leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		if public.N.BitLen() < 2048 {
			return pair, fmt.Errorf("server.certificate = %q: its RSA key has %d bits; get one of 2048 bits or more", certificate, public.N.BitLen())
		}
	case *ecdsa.PublicKey:
		if public.Curve.Params().BitSize < 256 {
			return pair, fmt.Errorf("server.certificate = %q: its EC key has %d bits; get one of 256 bits or more", certificate, public.Curve.Params().BitSize)
		}
	default:
		return pair, fmt.Errorf("server.certificate = %q: browsers do not take its kind of key; get an RSA or EC one", certificate)
	}
	switch leaf.SignatureAlgorithm {
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.MD5WithRSA, x509.MD2WithRSA, x509.DSAWithSHA1:
		return pair, fmt.Errorf("server.certificate = %q: signed with %s; get one signed with SHA-256", certificate, leaf.SignatureAlgorithm)
	}
	if time.Now().After(leaf.NotAfter) {
		return pair, fmt.Errorf("server.certificate = %q: expired on %s; renew it", certificate, leaf.NotAfter.Format(time.DateOnly))
	}
	return pair, nil
}

// Covers checks that a certificate is for the host that clients find in the value of a
// key.
func Covers(file string, pair tls.Certificate, key, host string) error {
	if pair.Leaf.VerifyHostname(host) == nil {
		return nil
	}
	names := slices.Clone(pair.Leaf.DNSNames)
	for _, ip := range pair.Leaf.IPAddresses {
		names = append(names, ip.String())
	}
	held := "no name at all"
	if len(names) > 0 {
		held = strings.Join(names, ", ")
	}
	return fmt.Errorf("server.certificate = %q: it is not for %s, the name in %s, but for %s; get one for this name or correct %s", file, host, key, held, key)
}

// SelfSigned makes a certificate for this machine's loopback names, good for a month:
// EC P-256 with SHA-256.
func SelfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "e-KerMed development"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 1, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		SignatureAlgorithm: x509.ECDSAWithSHA256,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}
