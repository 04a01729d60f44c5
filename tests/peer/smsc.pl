#!/usr/bin/perl
# An SMSC made of Net::SMPP, for a test that speaks to it by lines of JSON.
#
# Every octet to and from an ESME is Net::SMPP's: it frames, decodes and
# encodes, and knows the versions, the TLVs and the commands.  Here is only
# what is said, and when.  A string of JSON holds octets, one a character.
#
#   smsc.pl ADDRESS PORT SYSTEM_ID PASSWORD
#
# in   {"bind": STATUS, "bare": BOOL}    how binds are answered from now on
#      {"submit": STATUS, "bare": BOOL}  and submit_sm; bare: by a header alone
#      {"deliver": {NAME: VALUE, ...}, "id": ID}
# out  {"listening": true}
#      {"sent": ID, "seq": N}            of a deliver; no seq: nobody is bound
#      {"pdu": NAME, "seq": N, "status": N, "fields": {NAME: VALUE, ...},
#       "same": BOOL,       what was read, encoded again, is what came
#       "answered": N}      the status that it got, if any
#      {"gone": true}                    a connection ended
use strict;
use warnings;
use IO::Select;
use JSON::PP;
use Net::SMPP;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

use constant { ESME_ROK => 0, ESME_RINVPASWD => 0x0e };

my ($address, $port, $system_id, $password) = @ARGV;
my %answer_to = map { $_ => { status => ESME_ROK } } qw(bind submit);
my $json = JSON::PP->new->ascii;
my $bound;    # the connection that takes deliver_sm

sub report {
	print $json->encode({@_}), "\n";
}

# Out.

# The response to a PDU, as %answer_to has it; returns its status.
sub respond {
	my ($c, $pdu, $policy, @body) = @_;
	my $method = $pdu->explain_cmd . '_resp';
	my @head = (seq => $pdu->seq, status => $policy->{status});

	if ($policy->{bare}) {
		$c->resp_backend($pdu->cmd | 0x80000000, '', $c, @head);
	} else {
		$c->$method(@head, @body);
	}
	return $policy->{status};
}

sub answer_bind {
	my ($c, $pdu) = @_;
	my $policy = $answer_to{bind};

	$c->set_version($pdu->{interface_version});
	$policy = { status => ESME_RINVPASWD }
	    if $pdu->{system_id} ne $system_id || $pdu->{password} ne $password;
	$bound = $c if $policy->{status} == ESME_ROK;
	return respond($c, $pdu, $policy, system_id => 'Net::SMPP',
		sc_interface_version => pack('C', ${*$c}{smpp_version}));
}

sub answer_submit {
	my ($c, $pdu) = @_;

	return respond($c, $pdu, $answer_to{submit},
		message_id => sprintf('%08X', $pdu->seq));
}

sub answer_simple {
	my ($c, $pdu) = @_;

	return respond($c, $pdu, { status => ESME_ROK });
}

my %serve = (
	bind_transceiver => \&answer_bind,
	submit_sm => \&answer_submit,
	enquire_link => \&answer_simple,
	unbind => \&answer_simple,
);

# In.

my %encoder = (
	bind_transceiver => \&Net::SMPP::encode_bind,
	submit_sm => \&Net::SMPP::encode_submit_v34,
	deliver_sm_resp => \&Net::SMPP::encode_submit_resp_v34,
);

# Net::SMPP's encoders take out of @_, which is the caller's, what they know;
# the rest are TLVs.
sub encode {
	my $encoder = shift;
	my $octets = $encoder ? &$encoder : '';

	shift;
	return $octets . &Net::SMPP::encode_optional_params;
}

# What was decoded, by name.
sub fields {
	my ($pdu) = @_;
	my %no_field = map { $_ => 1 } qw(cmd status seq data reserved known_pdu);

	return map { $_ => $pdu->{$_} }
	    grep { !$no_field{$_} && !/^\d+$/ } sort keys %$pdu;
}

sub serve {
	my ($c) = @_;
	my $pdu = $c->read_pdu or return 0;
	my $name = $pdu->explain_cmd;
	my $octets = encode($encoder{$name}, $c, fields($pdu));
	my $answered = $serve{$name} && $serve{$name}->($c, $pdu);

	report(pdu => $name, seq => $pdu->seq, status => $pdu->status,
		fields => { fields($pdu) }, answered => $answered,
		same => $octets eq $pdu->{data} ? JSON::PP::true : JSON::PP::false);
	return 1;
}

# What the test says.

sub deliver {
	my ($id, $fields) = @_;
	my @fields = %$fields;

	utf8::downgrade($_) for @fields;
	report(sent => $id, seq => $bound && $bound->deliver_sm(@fields));
}

sub obey {
	my ($line) = @_;
	my $said = $json->decode($line);

	for my $what (grep { exists $said->{$_} } keys %answer_to) {
		$answer_to{$what} =
		    { status => $said->{$what}, bare => $said->{bare} };
	}
	deliver($said->{id}, $said->{deliver}) if $said->{deliver};
}

my $listener = Net::SMPP->new_listen($address, port => $port, async => 1,
	smpp_version => 0x34) or die "cannot listen on $address:$port: $!\n";
my $ready = IO::Select->new($listener, \*STDIN);
my $said = '';

$SIG{PIPE} = 'IGNORE';
STDOUT->autoflush(1);
report(listening => JSON::PP::true);
while (1) {
	for my $from ($ready->can_read) {
		if ($from == $listener) {
			my $c = $listener->accept or next;
			setsockopt($c, IPPROTO_TCP, TCP_NODELAY, 1);
			$ready->add($c);
		} elsif ($from == \*STDIN) {
			sysread(STDIN, $said, 65536, length $said) or exit 0;
			obey($1) while $said =~ s/^(.*)\n//;
		} elsif (!serve($from)) {
			undef $bound if $bound && $bound == $from;
			$ready->remove($from);
			close $from;
			report(gone => JSON::PP::true);
		}
	}
}
