//go:build chaosgate_agent_dependencies

package agent

// This import is never compiled. `go mod tidy` reads it nevertheless, because it ignores
// build tags. So the go.sum of every user of the library lists what the agent's program
// needs, and the program can be built there.
import _ "github.com/chaosgate/chaosgate/chaostest/agent/cmd/chaosgate-agent"
