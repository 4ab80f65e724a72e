package cli

import "github.com/spf13/cobra"

func newBaseline() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "baseline",
		Short: "Accept runs as the baseline, and show it",
		Long: `The baseline is one file in your repository that a person can read and review:
a short summary of every accepted run. Later runs are compared with it, run
against run, by an exact test over all metrics at once.`,
		Example: `  chaosgate run --runs 3 --collect && chaosgate baseline accept
  chaosgate baseline show`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAccept(), newShow())
	return cmd
}
