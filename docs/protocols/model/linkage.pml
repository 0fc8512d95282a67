/* One transfer between two nodes: the baton rule over a channel that loses, repeats and mixes.
 *
 * A is the origin, B the target. Each knows only its own replica: how many steps it has and what the last one led to.
 * Steps are numbered; the true history is written by whoever makes a step, for the judge alone. A node sends any step it
 * has, again and again; the channel gives any message it holds, or forgets it. Notes are not modelled: what the guards ask
 * of them only takes edges away. The number of steps is bounded by MOST.
 *
 * I1 no gap: by its own view at least one of the two is responsible, at every instant.
 * I2 one author: nobody makes a step number a second time; a step taken over is the one that was made.
 * I6 progress: while the transfer is in the hand of one of them, a clock runs at one that is responsible by its own view.
 *
 * spin -a linkage.pml; gcc -O2 -DSAFETY -o pan pan.c; ./pan
 * -DGAP breaks the rule on purpose (the award ends the origin's duty): pan must find the gap.
 * -DALONE takes the clock away from the target that waits for the origin: pan must find it without one.
 * -DANYONE lets also who has not got the baton add a step: pan must find two histories.
 */
#ifndef MOST
#define MOST 7
#endif

#define A 0
#define B 1

mtype = { none, offered, refused, negotiating, awarded, accepted, handed, concluded, returned, withdrawn, confirmed };

/* The true history. verb k of step n stands for its letter; made[n] counts who made the number. */
byte verb[MOST + 1];
byte made[MOST + 1];
byte length = 0;

/* The two replicas: steps known, state, duties by this replica, whether the award was joint. */
byte seq[2];
mtype state[2];
bool oduty[2];
bool tduty[2];
bool joint[2];

/* The channel holds which step numbers are on the way to whom: a set, so order and repetition mean nothing. */
bool way[(MOST + 1) * 2];

/* Letters of the edges. */
#define OFFER 1
#define ACCEPT 2
#define REFUSE 3
#define RELEASE 4
#define TAKE_BACK 5
#define CONTEST 6
#define AGAIN 7
#define AWARD 8
#define SETTLE 9
#define JOINTLY 10
#define CONCLUDE 11
#define HAND_BACK 12
#define CONFIRM 13
#define NOT_SOLVED 14
#define UNCLEAR 15

#define OPEN(s) (s != none && s != returned && s != withdrawn && s != confirmed)
#define HOLDER(s) ((s == offered || s == awarded || s == accepted) -> B : A)
/* Who is responsible by the own replica: A by what A knows, B by what B knows. */
#define SOMEBODY (oduty[A] || tduty[B])

inline duty(who, v) {
	if
	:: v == ACCEPT -> oduty[who] = joint[who]; tduty[who] = true
	:: v == JOINTLY -> oduty[who] = true
	:: v == RELEASE || v == TAKE_BACK || v == SETTLE || v == CONFIRM -> oduty[who] = true; tduty[who] = false
#ifdef GAP
	:: v == AWARD -> oduty[who] = false; tduty[who] = true
#endif
	:: else -> skip
	fi
}

inline follow(who, v) {
	/* A replica moves on by one step; the same for own steps and for those of the other. */
	duty(who, v);
	if
	:: v == JOINTLY -> joint[who] = true
	:: v == AWARD -> joint[who] = false
	:: else -> skip
	fi;
	if
	:: v == OFFER || v == AGAIN -> state[who] = offered
	:: v == ACCEPT || v == NOT_SOLVED -> state[who] = accepted
	:: v == REFUSE -> state[who] = refused
	:: v == RELEASE -> state[who] = withdrawn
	:: v == TAKE_BACK || v == SETTLE -> state[who] = returned
	:: v == CONTEST || v == UNCLEAR -> state[who] = negotiating
	:: v == AWARD || v == JOINTLY -> state[who] = awarded
	:: v == CONCLUDE -> state[who] = concluded
	:: v == HAND_BACK -> state[who] = handed
	:: v == CONFIRM -> state[who] = confirmed
	fi;
	seq[who]++
}

inline make(who, v) {
	/* I2: this number was never made before, and nobody has gone on without whoever makes it. */
	made[seq[who] + 1]++;
	assert(made[seq[who] + 1] == 1);
	verb[seq[who] + 1] = v;
	length++;
	follow(who, v);
	way[seq[who] * 2 + (1 - who)] = true
}

#ifdef ANYONE
#define MAY(who) (state[who] != none && OPEN(state[who]) && seq[who] < MOST)
#else
#define MAY(who) (OPEN(state[who]) && HOLDER(state[who]) == who && seq[who] < MOST)
#endif

proctype node(byte me) {
	byte n;
	do
	/* A desk acts. */
	:: atomic { MAY(me) && state[me] == offered -> if
		:: make(me, ACCEPT)
		:: make(me, REFUSE)
		:: make(me, RELEASE)
		fi }
	:: atomic { MAY(me) && state[me] == refused -> if
		:: make(me, TAKE_BACK)
		:: make(me, CONTEST)
		:: make(me, AGAIN)
		fi }
	:: atomic { MAY(me) && state[me] == negotiating -> if
		:: make(me, AWARD)
		:: make(me, JOINTLY)
		:: make(me, SETTLE)
		fi }
	:: atomic { MAY(me) && state[me] == awarded -> make(me, ACCEPT) }
	:: atomic { MAY(me) && state[me] == accepted -> if
		:: make(me, CONCLUDE)
		:: make(me, HAND_BACK)
		fi }
	:: atomic { MAY(me) && state[me] == handed -> if
		:: make(me, TAKE_BACK)
		:: make(me, CONTEST)
		fi }
	:: atomic { MAY(me) && state[me] == concluded -> if
		:: make(me, CONFIRM)
		:: make(me, NOT_SOLVED)
		fi }
	/* A message is there: the next step is taken, an old one is none, a later one stays in the channel and waits. */
	:: atomic { seq[me] < MOST && way[(seq[me] + 1) * 2 + me] ->
		n = seq[me] + 1;
		follow(me, verb[n]) }
	/* A message is lost, and said again by whoever has it. */
	:: atomic { seq[me] > 0 ->
		n = 1;
		do
		:: n < seq[me] -> n++
		:: break
		od;
		way[n * 2 + me] = false;
		n = 0 }
	:: atomic { seq[me] > 0 ->
		n = 1;
		do
		:: n < seq[me] -> n++
		:: break
		od;
		way[n * 2 + (1 - me)] = true;
		n = 0 }
	:: atomic { seq[me] < length && !way[(seq[me] + 1) * 2 + me] -> way[(seq[me] + 1) * 2 + me] = true }
	od
}

/* Open for one who holds the baton or has to act; a mirror of what the other has ended may be late. */
#define IN_HAND_A (OPEN(state[A]) && (HOLDER(state[A]) == A || oduty[A]))
#define IN_HAND_B (OPEN(state[B]) && (HOLDER(state[B]) == B || tduty[B]))
/* Where a clock runs: it acts at the origin, but for the time to conclude; and it urges at the target as long as that is
 * responsible (liandong/peers/standings.py). -DALONE leaves the second out, as one node does not need it. */
#define CLOCK_A (OPEN(state[A]) && state[A] != accepted)
#ifdef ALONE
#define CLOCK_B (state[B] == accepted)
#else
#define CLOCK_B (OPEN(state[B]) && (state[B] == accepted || tduty[B]))
#endif

proctype judge() {
	do
	:: atomic {
		assert(SOMEBODY);
		assert(seq[A] <= length && seq[B] <= length && (seq[A] == length || seq[B] == length));
		assert(!(IN_HAND_A || IN_HAND_B) || (oduty[A] && CLOCK_A) || (tduty[B] && CLOCK_B)) }
	od
}

init {
	atomic {
		state[A] = none; state[B] = none;
		oduty[A] = true; oduty[B] = true;
		if
		:: make(A, OFFER)
		:: make(A, UNCLEAR)
		fi;
		run node(A);
		run node(B);
		run judge()
	}
}
