package kernel

import (
	"fmt"
	"math"

	"probewise/trainer"
)

// classOf reads a class number.
func classOf[T float](label T, classes int) (class int, ok bool) {
	class = int(label)
	return class, T(class) == label && class >= 0 && class < classes
}

func labelError[T float](op trainer.Op, row int, label T, classes int) error {
	return fmt.Errorf("kernel: %s: label of row %d is %v, not a class number below %d",
		trainer.OpTitle(op), row, label, classes)
}

// logSumExp is log Σ exp(row), stable for any values.
func logSumExp[T float](row []T) float64 {
	largest, total := math.Inf(-1), 0.0
	for _, v := range row {
		largest = math.Max(largest, float64(v))
	}
	for _, v := range row {
		total += math.Exp(float64(v) - largest)
	}
	return largest + math.Log(total)
}

// weightOf is what a row of the class counts; weights holds one buffer where the op is weighted.
func weightOf[T float](weights [][]T, class int) float64 {
	if len(weights) == 0 {
		return 1
	}
	return float64(weights[0][class])
}

func crossEntropy[T float](o trainer.CrossEntropyOp, logits, labels []T, weights [][]T, loss []T) error {
	var total float64
	for n := range o.N {
		label, ok := classOf(labels[n], o.C)
		if !ok {
			return labelError(o, n, labels[n], o.C)
		}
		row := logits[n*o.C : (n+1)*o.C]
		total += weightOf(weights, label) * (logSumExp(row) - float64(row[label]))
	}
	loss[0] = T(total / float64(o.N))
	return nil
}

func crossEntropyGrad[T float](o trainer.CrossEntropyGrad, logits, labels []T, weights [][]T, dlogits []T) error {
	for n := range o.N {
		label, ok := classOf(labels[n], o.C)
		if !ok {
			return labelError(o, n, labels[n], o.C)
		}
		row := logits[n*o.C : (n+1)*o.C]
		log, weight := logSumExp(row), weightOf(weights, label)
		for c, v := range row {
			dlogits[n*o.C+c] = T((math.Exp(float64(v)-log) - one(c == label)) * weight / float64(o.N))
		}
	}
	return nil
}

func correct[T float](o trainer.CorrectOp, logits, labels, count []T) error {
	var right float64
	for n := range o.N {
		label, ok := classOf(labels[n], o.C)
		if !ok {
			return labelError(o, n, labels[n], o.C)
		}
		row := logits[n*o.C : (n+1)*o.C]
		wins := true
		for c, v := range row {
			beaten := v < row[label] || c >= label && v == row[label]
			wins = wins && beaten
		}
		right += one(wins)
	}
	count[0] = T(right)
	return nil
}

func penaltyGrad[T float](o trainer.PenaltyGrad, w, dw []T) {
	for i := range o.Len {
		sign := T(one(w[i] > 0) - one(w[i] < 0))
		dw[i] += T(o.L1)*sign + 2*T(o.L2)*w[i]
	}
}

func clipNorm[T float](o trainer.ClipNorm, gradients [][]T) {
	var squares float64
	for _, g := range gradients {
		for _, v := range g {
			squares += float64(v) * float64(v)
		}
	}
	norm := math.Sqrt(squares)
	if norm <= float64(o.Max) {
		return
	}
	for _, g := range gradients {
		for i := range g {
			g[i] *= T(float64(o.Max) / norm)
		}
	}
}

func sgd[T float](o trainer.SGDOp, g, w, v []T, at trainer.Step) {
	rate, momentum := T(at.LearningRate), T(o.Momentum)
	for i := range o.Len {
		if momentum == 0 {
			w[i] -= rate * g[i]
			continue
		}
		v[i] = momentum*v[i] + g[i]
		if o.Nesterov {
			w[i] -= rate * (g[i] + momentum*v[i])
		} else {
			w[i] -= rate * v[i]
		}
	}
}

func rmsprop[T float](o trainer.RMSpropOp, g, w, s, v []T, at trainer.Step) {
	rate, rho, momentum := T(at.LearningRate), T(o.Rho), T(o.Momentum)
	for i := range o.Len {
		s[i] = rho*s[i] + (1-rho)*g[i]*g[i]
		u := g[i] / (T(math.Sqrt(float64(s[i]))) + T(o.Epsilon))
		if momentum == 0 {
			w[i] -= rate * u
			continue
		}
		v[i] = momentum*v[i] + u
		w[i] -= rate * v[i]
	}
}

func adam[T float](o trainer.AdamOp, g, w, m, v []T, at trainer.Step) error {
	if at.Index == 0 {
		return stepError(o)
	}
	rate, beta1, beta2 := T(at.LearningRate), T(o.Beta1), T(o.Beta2)
	correct1 := T(1 - math.Pow(float64(o.Beta1), float64(at.Index)))
	correct2 := T(1 - math.Pow(float64(o.Beta2), float64(at.Index)))
	for i := range o.Len {
		w[i] -= rate * T(o.WeightDecay) * w[i]
		m[i] = beta1*m[i] + (1-beta1)*g[i]
		v[i] = beta2*v[i] + (1-beta2)*g[i]*g[i]
		w[i] -= rate * (m[i] / correct1) / (T(math.Sqrt(float64(v[i]/correct2))) + T(o.Epsilon))
	}
	return nil
}

func stepError(op trainer.Op) error {
	return fmt.Errorf("kernel: %s: updates are counted from 1, got step 0", trainer.OpTitle(op))
}
