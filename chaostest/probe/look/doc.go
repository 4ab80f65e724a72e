// Package look takes one look at a service over the network: an HTTP request, or a TCP
// connection. The probes of this process use it, and so does the agent, which looks in the
// place of another container. It imports only the standard library.
package look
