# Takes webhooks and writes down their ids, one a line; compose-test reads the file.
use strict;
use warnings;
use IO::Socket::INET;

$SIG{TERM} = sub { exit 0 };
$SIG{PIPE} = 'IGNORE';
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 64, ReuseAddr => 1)
    or die "no port 8080: $@";
while (1) {
    my $client = $server->accept or next;
    my ($id, $length) = (undef, 0);
    while (my $line = <$client>) {
        last if $line =~ /^\r?\n$/;
        $id = $1 if $line =~ /^webhook-id: *(\S+)/i;
        $length = $1 if $line =~ /^content-length: *(\d+)/i;
    }
    # Whoever only looks whether it listens says nothing.
    next unless defined $id;
    read($client, my $body, $length) == $length or next;
    open(my $came, '>>', '/var/lib/wirefold/came') or die "cannot be written: $!";
    print {$came} "$id\n";
    close($came) or die "cannot be written: $!";
    print {$client} "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
}
