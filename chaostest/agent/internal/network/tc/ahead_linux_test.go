package tc

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink"
)

func TestAFilterCanEndAPacketsWay(t *testing.T) {
	act := func(all ...netlink.TcAct) (actions []netlink.Action) {
		for _, a := range all {
			actions = append(actions, &netlink.GenericAction{ActionAttrs: netlink.ActionAttrs{Action: a}})
		}
		return actions
	}
	elsewhere := uint32(7)
	for name, c := range map[string]struct {
		filter netlink.Filter
		can    bool
	}{
		"ok":                         {&netlink.U32{Sel: &netlink.TcU32Sel{}, Actions: act(netlink.TC_ACT_OK)}, true},
		"drop":                       {&netlink.MatchAll{Actions: act(netlink.TC_ACT_SHOT)}, true},
		"continue":                   {&netlink.Flower{Actions: act(netlink.TC_ACT_UNSPEC)}, false},
		"pipe, then continue":        {&netlink.FwFilter{Actions: act(netlink.TC_ACT_PIPE, netlink.TC_ACT_UNSPEC)}, false},
		"pipe, then ok":              {&netlink.MatchAll{Actions: act(netlink.TC_ACT_PIPE, netlink.TC_ACT_OK)}, true},
		"continue, and so never ok":  {&netlink.MatchAll{Actions: act(netlink.TC_ACT_UNSPEC, netlink.TC_ACT_OK)}, false},
		"pipe alone":                 {&netlink.MatchAll{Actions: act(netlink.TC_ACT_PIPE)}, true},
		"a class":                    {&netlink.U32{Sel: &netlink.TcU32Sel{}, ClassId: 1}, true},
		"a hash table":               {&netlink.U32{Divisor: 1}, false},
		"another chain":              {&netlink.MatchAll{FilterAttrs: netlink.FilterAttrs{Chain: &elsewhere}, Actions: act(netlink.TC_ACT_OK)}, false},
		"a program":                  {&netlink.BpfFilter{DirectAction: true}, true},
		"one that nobody here knows": {&netlink.GenericFilter{FilterType: "flow"}, true},
	} {
		NewWithT(t).Expect(canEnd(c.filter)).To(Equal(c.can), name)
	}
}
