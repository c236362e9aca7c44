package agora

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
)

// addressPaths are the paths of the list of addresses. The REST pages name the first, the page about notifications the
// second, which is asked for where there is no first (NCS IP addresses).
var addressPaths = []string{"/v1/ncs/ip", "/v2/ncs/ip"}

// Addresses asks for the addresses that the service's notifications come from, for a firewall that lets them in: sorted,
// each once. The list changes, and is to be asked for at least once a day. The request takes nothing from the budget of an
// App ID.
func (c *Client) Addresses(ctx context.Context) ([]netip.Addr, error) {
	app := c.App("", nil)
	var list addressList
	var err error
	for _, path := range addressPaths {
		call := app.newCall(OpAddresses, "", "")
		call.path = path
		list, _, err = do(ctx, call, nil, func(l *addressList) string {
			if len(l.Data.Service.Hosts) == 0 {
				return "data.service.hosts"
			}
			return ""
		})
		if failure, ok := errors.AsType[*Error](err); !ok || failure.Status != http.StatusNotFound {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return list.addresses()
}

// addressList is the answer. Its other members are to be ignored.
type addressList struct {
	Data struct {
		Service struct {
			Hosts []struct {
				PrimaryIP string `json:"primaryIP"`
			} `json:"hosts"`
		} `json:"service"`
	} `json:"data"`
}

// addresses reads the list. One that cannot be read makes an error of it all: a firewall would shut out what is missing.
func (l *addressList) addresses() ([]netip.Addr, error) {
	var found []netip.Addr
	for _, host := range l.Data.Service.Hosts {
		address, err := netip.ParseAddr(host.PrimaryIP)
		if err != nil {
			return nil, fmt.Errorf("the service's list of addresses contains %q, which is not an IP address", plainText(host.PrimaryIP, maxReason))
		}
		found = append(found, address.Unmap())
	}
	slices.SortFunc(found, netip.Addr.Compare)
	return slices.Compact(found), nil
}
