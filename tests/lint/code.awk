# Print C files as "FILE:LINE: code", with comments and the text of strings
# and characters taken out, so that the gates look at code alone. Lines of
# #include keep their text.

FNR == 1 { comment = 0 }

{
	line = $0
	out = ""
	if (!comment && line ~ /^[ \t]*#[ \t]*include/) {
		print FILENAME ":" FNR ": " line
		next
	}
	while (line != "") {
		if (comment) {
			end = index(line, "*/")
			if (!end)
				break
			line = substr(line, end + 2)
			comment = 0
			continue
		}
		if (!match(line, /\/\*|\/\/|"|'/)) {
			out = out line
			break
		}
		mark = substr(line, RSTART, RLENGTH)
		out = out substr(line, 1, RSTART - 1)
		line = substr(line, RSTART + RLENGTH)
		if (mark == "//")
			break
		if (mark == "/*") {
			comment = 1
			continue
		}
		out = out mark mark
		while (line != "" && substr(line, 1, 1) != mark)
			line = substr(line, substr(line, 1, 1) == "\\" ? 3 : 2)
		line = substr(line, 2)
	}
	if (out ~ /[^ \t]/)
		print FILENAME ":" FNR ": " out
}
