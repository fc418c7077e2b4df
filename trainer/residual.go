package trainer

import "slices"

// countLayers counts the layers of a list and those inside them.
func countLayers(items []*node) int {
	count := len(items)
	for _, item := range items {
		for _, key := range []string{"body", "shortcut"} {
			if inner := item.index[key]; inner != nil {
				count += countLayers(listItems(inner))
			}
		}
	}
	return count
}

// listItems are the layers of a list; one layer stands for a list of one.
func listItems(n *node) []*node {
	if n.kind == isObject {
		return []*node{n}
	}
	return n.items
}

// itemPath is where a layer of the list stands.
func itemPath(n *node, path string, i int) string {
	if n.kind == isObject {
		return path
	}
	return pointerAt(path, i)
}

// inner reads the layers inside a residual block.
func (p *parser) inner(n *node, path string, least int, into *[]Layer) {
	if n.kind != isArray && n.kind != isObject {
		p.add(n.offset, path, CodeWrongType, "must be an array of layers or one layer, not %s", n.kind)
		return
	}
	items := listItems(n)
	if len(items) < least {
		p.add(n.offset, path, CodeOutOfRange, "must have at least %d layer", least)
	}
	if len(items) == 0 {
		return
	}
	*into = make([]Layer, len(items))
	for i, item := range items {
		(*into)[i] = p.layer(item, itemPath(n, path, i), innerVariants)
	}
}

// site is a layer with its place in the document.
type site struct {
	*Layer
	node           *node
	path           string
	broken         bool // the layer, or one inside it, has findings
	body, shortcut []site
}

// sites finds the places of layers that were read from a list.
func (p *parser) sites(n *node, path string, layers []Layer) []site {
	var all []site
	for i := range layers {
		s := site{Layer: &layers[i], node: listItems(n)[i], path: itemPath(n, path, i)}
		s.broken = s.node.broken
		if s.Body != nil {
			s.body = p.sites(s.node.index["body"], s.path+"/body", s.Body)
		}
		if s.Shortcut != nil {
			s.shortcut = p.sites(s.node.index["shortcut"], s.path+"/shortcut", s.Shortcut)
		}
		all = append(all, s)
	}
	return all
}

// flat lists the sites in the order of Architecture.All.
func flat(sites []site) []site {
	var all []site
	for _, s := range sites {
		all = slices.Concat(all, []site{s}, flat(s.body), flat(s.shortcut))
	}
	return all
}

// trainable says whether there is a layer with weights, or a broken one that may have been meant as one.
func trainable(sites []site) bool {
	return slices.ContainsFunc(flat(sites), func(s site) bool { return s.broken || s.HasWeights() })
}

// residual moves the flow over a residual block.
func (p *parser) residual(f *flow, s site) (m *misfit) {
	before := len(p.errors)
	body, shortcut := *f, *f
	p.follow(&body, s.body)
	p.follow(&shortcut, s.shortcut)
	switch {
	case len(p.errors) > before || s.Body == nil: // what they give follows from that
	case body.known && shortcut.known:
		m = s.join(body.shape, shortcut.shape)
	case body.image && shortcut.flat, body.flat && shortcut.image:
		m = &misfit{CodeShapesDiffer, "",
			"one of body and shortcut gives an image, the other flat features: they cannot be added"}
	}
	*f = flow{
		shape: body.shape,
		known: body.known && shortcut.known && s.Body != nil && m == nil,
		image: body.image && !shortcut.flat,
		flat:  body.flat && !shortcut.image,
		fits:  body.fits && shortcut.fits && !s.broken,
	}
	return m
}
