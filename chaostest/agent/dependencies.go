//go:build chaosgate_agent_dependencies

package agent

// `go mod tidy` reads every file whatever its build tags: this import, never
// compiled, keeps what the agent's program needs in the go.sum of whoever uses
// the library, so that it can be built there on demand.
import _ "github.com/chaosgate/chaosgate/chaostest/agent/cmd/chaosgate-agent"
