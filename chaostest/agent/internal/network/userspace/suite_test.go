package userspace_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestUserspace(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "User-space data path")
}
