// Package arch holds no code: its test keeps the rooms of the house apart, as
// docs/decisions/0001-the-house.md tells.
package arch
