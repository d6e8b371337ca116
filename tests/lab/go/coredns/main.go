// SPDX-FileCopyrightText: 2026 milvus.cluster contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// CoreDNS with the plugins that a cluster's DNS needs, and none of the others.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/template"

	"github.com/coredns/coredns/coremain"
)

func init() {
	// In the order in which they see a query.
	dnsserver.Directives = []string{"bind", "ready", "errors", "template", "kubernetes"}
}

func main() {
	coremain.Run()
}
