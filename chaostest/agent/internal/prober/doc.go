// Package prober takes looks from the network namespace of a container, for probes that
// stand in a client's place.
package prober
