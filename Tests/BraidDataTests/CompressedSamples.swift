/// DEFLATE streams of `content(4_000)` that zlib 1.3 made, and archives that NumPy 2.4 wrote.
enum CompressedSamples {
    /// Runs, repetitions and noise; made in the same way where the samples were.
    static func content(_ count: Int) -> [UInt8] {
        var state = 7
        var bytes: [UInt8] = []
        func next() -> Int {
            state = (state * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
            return state >> 16
        }
        while bytes.count < count {
            let kind = next() % 4
            let value = next()
            if kind == 0 {
                bytes += repeatElement(UInt8(97 + value % 26), count: value % 40 + 1)
            } else if kind == 1, bytes.count > 300 {
                let start = bytes.count - 1 - value % 300
                bytes += bytes[start..<min(start + value % 50, bytes.count)]
            } else {
                bytes.append(UInt8(value & 255))
            }
        }
        return Array(bytes.prefix(count))
    }

    /// By how zlib was told to compress.
    static let streams: [String: String] = [
        "quick": """
        S00Fg2TCQFVvobCQU5pKBh5wSyGRLa+rCA/IyMQH5LLAIO/AxHhru+Bi4kCeRQ4GwNC5GI+rkaQSkQGSOBrzQwpRIJ
        E7HxcAhgJBzyJ8tZ1AsCBUYoQFUCfu4ETog9lQkY4O2mcC/YrkDXSfI3uyvwQMHj3EmpzKSAOHbicRAdKwglZ2NyR/
        EPSC1hWgrx6WlDRVAIFEUX/0k0pigBoiLDBcgeyCZ5j+mCt/5S6SCzGZ2WQBJIswXJSWhhIO827hy4lguQcH64ogOZ
        IQiUhIuFnVhAyByDsToQyavXGphEhzF+OXR0QeKks4F+QHIl0LsgJkHW5vYzVpG5rTkCK79Uw5OsBWnkItxOZMNMOZ
        clD9lwL3YCGWNAIVykUHRdDUguZwOHcxZhIGitxEE0VNcnDNaIx7s08SYRzY7KpZnr7p2MuVmsozL48fRPN7CsQqwk
        GUt48oc4lwJzAIYN4OYIL6FNOH4DjPzEQLCSgXWwKAiWEtajEFE4OnlsECA7ujQSElnEu0v+GBjhzOQEeVAyXQhA6n
        n6uplAWGgxMwIOD6oAxktSmLIXF5EeY5DBrZY1V0AGfA6QfuLRMk1+NwuC7CVZC0B6kTcZOlIAALN+IsAAYwYYUp+F
        39F9LyI0guXAvxBj7SV3TqJ3CB0dCiVYADIIIFO0sJyQJM84CSGII6IXDbWntxF2UIGVeQ01RMhNcjWYWViRTLeJlo
        zUIk7ocVv7CaDBZECvPJQAEMjxWgC84jpjVSicWpOPRhqrSvL4JWqqgUXCWS31CZyC3mRO7QOaj6i5VBJmSA0zh+Il
        J9IlIrEx+zkHt6gDwW3+L2A9g07StQB6CXsdV2oGCC+xTOAJqH4oy2o/c8cvgKb6D6sKwMj+noNTkWPty6sjL7yIVL
        uWAtCXgF/Cr6Zk7ObWvUUAfx5p6e9m4KegkJ14bMwBryONIGqvC0n/AaHCMs7J+AmsvI4HOjkJl3IQIgmXUQzsZhZL
        MBPHDQgqQVLoFsFybbErlyALODkjP3iQvHA61GtxQUl0S4/8uW5Vt/wmpvrPQPlPSPnZOHAzzdRtBwAA==
        """,
        "usual": """
        S00Fg2TCQFVvobCQU5pKBh5wSyGRLa+rCA/IyMQH5LLAIO/AxHhru+Bi4kCeRQ4GwFC0GJ+zESARGeBW9iGFKJDInY
        8LEONZhHe2E60SIyxItKEiHR20zwT6BMnl+DzZXwIGjx5iTUFlpIFDt5OIAGlYQSu7Gyle0LoCJB+WlDRVAIFEUX/0
        k0pigBrCCLwueIbp7LnyV+5iBDUyyCYL4A8YlHCYdwtvVgSBBwfrirKIApg5EBNUE2eUMxFqoMkXvzQ3AXlcuVY4lw
        TXwowj0d/b0PhIUdh6phwdYCtIiTecKQeXBwuxZx4QyEUHRdA0gSsQFmNNxTfR+KjpC5dZ92afJMI4MKdqlqdvOvby
        o6byzMvjB9Fjl9ggyttHlLmkeTuACacPwRGNK0jw1ahEVN0gkBg8tQy/o0n0N1ZxoHvKMYUOp5+rqZQFWuEEDANijL
        1IlG+r6ADOoHrLhLDDdRGaIVIlBEApCJBmAVEKCbj6bypxYOFaXAUlAviKTv0ELiUaWrQKcABCIa2E1zxsgjohcNta
        e3EXZQjgClKqYiK8npB/sGcATICnhbjiF27jkUJ3MlG+nUdUcwSLA4lWaV9fhLVxTdirKE1m7tA5aAYogzWXEgaR6h
        NxtpZRQSH39AB5kvwA1qZ9BWoTeulabYczTFDsbTt6zyOHr/AGCaZjVOWYANnCyIVLuWDNBnjN+yr6Zk7ObWvMkJ97
        etq7KegFJEbFDQJYA5yoNDXtJ7x+wAgL+ycVaOBzo5CZdyECIBl0kJCRzQa4gqQVLoFuHyqwxKj0gpIz94kLx2OxlE
        j3f9myfOtPvG3kH4mEQR4O8HQbQcMB
        """,
        "best": """
        S00Fg2TCQFVvobCQU5pKBh5wSyGRLa+rCA/IyMQH5LLAIO/AxHhru+Bi4kCeRQ4GwFC0OIMokIgMcCv7kEIUSOTOxw
        WI8SzCO9uJVokRFiTaUJGODtpnAn2C5HJ8nuwvAYNHD7GmoDLSwKHbSUSANKygld2NFC9oXQGSD0tKmiqAQKKoP/pJ
        JTFADWEEXhc8w3T2XPkrd9PxgWyyAP6AQQmHebcyCYEHB+uKsogCOUSAauKMciZCDTT54pfmJiCPK9cK55LgWphxJP
        p7GxofKQpbz5SjA2wFKfGGM+Xg8mBhGk6Qiw6KoGkCVyAsxpqKb6LxUdMXLrPuzT5JhHFgTtUsT9907OVHTeWZl8cP
        oscusUGUt48oc0nzdgATTh+CIxpXkOCrUZOJA4nBU8vwO5pEf2MVB7qnHFPocPq5mkpZoBVOwDAgxtiLRPm2ig7gDK
        q3TAg7XBehGSJVQgCUggBpFhClkICr/6YSBxauJdzQ8RWd+glcSjS0aBXgAIRCWgmvedgEdULgtrX2phEBXEFKVUyE
        1xPyD7FNFDwtxBW/cBuPFLqTifLtPKKaI1gcSLRK+/oirI1rwl5FaTJzh85BM0AZrLmUMIhUn5hPHCjknh4gT5IfwN
        q0r0BtQi9dq+1whgmKvW1H73nk8BXeIMH0csIA2cLIhUu5YM0GeM37KvpmTs5ta8yQn3t62rsp6AVkLjaANcCJSlPT
        fsLrB4ywsH9SgQY+NwqZeRciAJJBBwkZ2WyAK0ha4RIVeIElRqUXlJy5T1w4HoulRLr/y5blW3/ibSP/SCQM8nCAp9
        sIGg4A
        """,
        "huffmanOnly": """
        BcFByGbXWQdwyMKCARcdgm5sRavC1IqLUCqBDFQskTJQjC5CF+He89zznPO/577nvud57//e58yHSXWSgCAl6ERibS
        EMRTfixqa7kE8JQ3EQAlk0LQYrURgXUlIXjSD4+03TNE3TFEIIIYQQQgghhBBCCCGEEEIIIYQQQvjV33zjxie/GD+T
        UkoppZRSSimllFJKKaWUUko/+KXhZ05/2lprrbXWWmuttdZaa6211lprKeecc84555xzzjnnnHPOOeec86cAADi9/e
        rzTz39rJmZmZmZmZmZmZmZmZmZmZmZmZmdvlBKKaWUUkoppZRSipmZmZmZmZmZ3U8ppZRSSimllFJKKaWUUkoppZRS
        SimllIZhGIZhGIZhGIaUUkoppZRSSimllFJKKaWUfiwiIiIiIiIiIiIiIiIiIiIiIiIyPF5rrbXWWmuttdZaa6211l
        pzzp8CAOD09qvPP/X0s2ZmZmZmZmZmZlZKKaWUUsp3AQCnt199/qmnnzUzMzMzMzMzM7NSSimllFK+UEoppZRSSiml
        lALg9Parzz/19LNmZmZmZmZmZmZWSimllFLKdwEAp7cPVVVVVVVVVVV95XURqbXWWmuttYqIiIiIiIiIDI/XWmuttd
        b69cvlcrlc/v1HIYQQQgghhBBCCCGEEEiSJEmSJEmSJEmSJEmSJEmS5D/+cBzHcRzHcRzHcRzHcRzHcRzHcRzHcRzH
        cRzHMcYYY4wxxhhjjDHGGGN86RNfUlVVVVXVV14XkVprrbXWWquIiIiIiIiIyHDzPRH50eXyx8dxHL/Qvv7VD93d3d
        3d3d3d3d3d3d3d3d3d3f3XRERERERijDHGGGOMMcYY40uf+JKqqqqq/uc4juM4juM4juM4juM4fvPT7/2rqqqqqqqq
        qqqqqqqqqqrO8zzP8zzP8zzP8zzP8zzP8zzP8zzP8zzP8zzP8zzP8zzP8zzP8zzP8ziO4ziO4ziOMcYYY4wxxhhjjD
        HGV14XkVprrbXWb/0g55xzzjnnnHPOOeecc84555xzzjn/2/UfNQAAAAAAAAAAAAAAAAAASimllFJKKaWUUkoppZRS
        SimllFJKKeUOAAAAAAAAAAAAAAAAAAC/AwAAAAAAAAAAAAAAAMDMzMwAAAAAAAAAAADMzMweNwAAAAAAAAAAADMzMx
        ERERERERERERERkRtLKaXcAQAAAAAAAAAAAAAAAAAAAMzMSimllFJKKaWUUkoppZRSSil3AAAAAAAAALwJAAAAAADm
        eZ7neZ7neX7p4b7v+77v+77v+77v+95aa6211lprrbXWWmullFJKuQMAAAAAAADgTQAAAAAAHisiIiIiIiIicmMppZ
        Q7wDnGGGOMMcYYY4wxxhhjjDHGZVmWZVmWZVmWZVmWpeWcc84ZAAAAAAAAAADgvqqqqqqqqqqqqqq+r6qqqqqqqqo5
        55xzzjnnnDMAAAAAAAAAAMAH3/jefVVVVVVVVVVVVVV9X1VVVVVV9X1V1f5Xv3dbSZIkSZIkSZK88oePHlyLiIiIiI
        iIiAAA8CYAAAAAAI8VEREREREREbmxnN66rSRJkiRJkiRJXvnDRw+uRURE5L6qqqqqqqqqqqqqvq+qqqqqqqqqOeec
        c85feQwAAHzwje/dV1VVVVVVVd33fd9zBgAAAAAAAACgtdZaa6211lprrbXWWmuttdZCCCGEEEIIIYQQQgghhBBCCC
        GEEEIIIYQwPHuP1yIiInJfVVVVVVVVVVVVVUVEbiynt24rSZIkSZIkSZJX/vDRg2sRERG5ryRJkrzyh48eXIuIiLTW
        dpJX/vDRg2sREZHW2j/pv1z5L6rqF3POJEmSJEmSV/7w0YNrERERua8kyXdba6211lprrbXWWmuttdZaCCGEEEIIIf
        Tee++9995777333nvvvffee++9995777333nvvvffee++9995777333nvvvffee++9995777333nvvvffe+0MREWmt
        7SSv/EmSJEmSV/7w0YNrERERua8kyXdb+1zvvffee+8iIiKXy+VyuVwul8vlcrlcLpfL5XK5XC6Xy+VyuVwu27ZtW2
        s7ySt/kiRJkuSVP3z04FpERETuK0ny3dY+1zuv/EmSJEmSV/7w0YNrERERua8kyXebtNZ2klf+JEmSJMkrf/jowbWI
        /N80TdM0TdM0TdM0TdM0TdM0TdM0TdM0TdM0TdM0TW/8nYiIiIiIiIiIiIiIiIiIiIjI7SfufbQsy7K8ePfmuq7ruq
        7ruq7ruq7ruq7ruq5r77333nvvvffee++9995777333vsvi4iIiIjI7SfufbQsy7K8ePfmuq7ruorI7SfufbQsy7K8
        ePfmuq7r+ht/cPfmuq7ruq4v/VmMMcYYY4wxxhhjjDHGGGOMMcYYY4wx/u66rutnnrzx9yIiIiIiIiIiIiIiIiIiIi
        IkSZIkSZIkSZIkSZIkSZIppZRSSimllFJKKaWUUkop/fhv/1dERERERERERERERERkmqZpmqZpmqY/F5HbT9z7aFmW
        ZXnx7s11Xdd1FZHbT9z7aFmWZXnx7s31W+7u7u7u7u7u7u7u7u7u7u7u7k6SJEmSJEnS3d3d3d3d3d3d3d1JkiRJki
        TJWy80MzMzMzMzMzMzMyNJkmRKKaWUUkoppZRSSimllFIahmEYhmEYhmEYHv/DvzYzMzMzMzOzXyHJtG3btm3btm3b
        tm3btm3btm3btm3btm3btm3bc7/+aq211lprrbXWWmuttdZaa6211lprrbXWWs+P/+VXPu0kSZIkSZLkrReamZmZmZ
        mZmZmZmZG11lo/+962bdu2bQAAAAAAAHeedncnSZIkSZIkb73Qaq211lprrbW+/M4Hz5SfO3/fzMzMzMzMjKy11vrZ
        97Zt27ZtAwAAAADs+77v+77v+77v+77v+77v+77v+77v+77v+06SJEny1nNvfPtnSymllFKWZVmWZVmW//rq+6X88K
        mUUkoppZRSSimllL75z6/991+01lprrbXWWmutLcuyLMuyLMuyLMuyLMuyLNu2bdu2bdu2bdu2bdu2bZu7u7u7u7u7
        u7u7u7u7u7u7u7u/9rGqqqqq1lprrbXWWmt9+Z0Pnrn14XEcx3Ecx3Ecx3Ecx0++9snPf/l8Pp/P5/P5fD67u7u7u/
        u1u7u7u7/2saqqqqrWWmuttdZa65/81r7v+77v+06SJEny1nNvfPulfd/3fd/3/TiO4ziO4ziO4ziO4ziO4ziO4ziO
        4zh+O4QQQgghhBBCCCH8fshv/fyN5939tY9VVVVVtdZa68vvfPDMrQ+P4ziO4ziO4ziO4zh+8rVPfv7L5/P5fD6fz+
        fz2f/nH/7mOx/nnHPOOeecc84555xzzjnnnHP+6TAMwzAMwzAMwzAMwzAMwzAMwzAMwzAMwzAMp9PpdDqdTqfT6XQ6
        nU6n0+l0Op1O//Hmdz7OOeecc84555xzzjnnnHPOOef80+H/AQ==
        """,
        "runLength": """
        vcFfaBt1HABw6IMDCz40FH1xE50KmRMfypgEGpg4KiMwrD6UPZQ03+aX++0ul/6u/aa/5LCZJi0IMoqmUucG5Rj6Ir
        647q30lBKGh1Dog92wOKmD7EFG58MqCObumlzuX3L64Oczbcv09/Lra7Ghc9mTuR7uvpB+Kv8x6yEn9HKcWvKby5OJ
        0XElmvxZ0Ufx0nKRpLvlQj2CSNKDchhBEI5TS35zeTIxOq74iR23qSm/uTyZGB1X/MSOs6IHpTS/uTyZGB1X/MSO29
        SU35wnXkurACA7wCM9KHdcnbX8dj8TBP+d7+9NRZANVDt2njiWVgFAdoBHOr4DAPdnZz+cb3mOXb20z6N4BTqyXrVj
        50nbgymf6yd2fiG9XP5PphxZv6VVAJCP3Lgr9POr/gGjkYgRlGkkb9H+FBsNoVgGFRpCsUCImCS2lGlkSosYrkz91q
        nbZUfNKHqxAKKtTP3WqcuACG4xSWwpUzqTDSV5McFGQ2gkyC5xE1xoiL1rdzQSZJd02SUtpS/eSREMpHKj2dDBg1rW
        qcuACG4xKb+RIhhI5UazoYNNI0F2iZtw5OIAte1du6MRl6JJEGgg1kMmmvR4HXWwaSQItMSk/EaKYCCVG82GDjaNYJ
        vKjWZDBwtjrIiIKjeaDR0sjLEfyE8qf54Qck4QBPRQudFs6GDTCJq2WZhMl9L/wAATY6yIiCofQYfKjWZDB5tG0LTN
        2OlSB1hm+5gzMVZERJWPoEPlRrOhg00jaNpm7HSphCofQYfKjWZDB5tG0LTNgDFWRESVj6BD5UazoQPA39PRrH0Dfa
        WG6weSqVKNF0KU+ngRHKnh+oFkqlTjBQsApIbrB5KpUo0XTK+9V40XbLVPshG8XWg5ORL7FvrAiHKhHn39F4SadnwK
        AKnh+oFkqlTjBQsApIbrB5KpUo0XbvAo0I8HQ5/kAlOCYFsuTLrb4PtfKm4vYUturr+JV5flaGYGP794gqNPcoEpQR
        Bl06mdORv1KI/yFvRJLjC52+LW3pj4zMzPiguibDq1M2ej3Yr9oSM5sXbzafGI1Pbw0q4o3kvkfK7/uPLHZ8xDCjIX
        hEexckja5G6LW3tjyf15j8dXhs5cmHFwh87bVg5Jm9zlozeKbehITqzdrBXb5nt6M+P1bkbYeDY2yTlfOSRtsmlxa2
        8suT/v8fjK0JkLMw7+53df3ToUenmS7i8f4vf1W4dCL0/S/wA=
        """,
        "fixedCodes": """
        S00Fg2TCQFVvobCQU5pKBh5wSyGRLa+rCA/IyMQH5LLAIO/AxHhru+Bi4kCeRQ4GwFC0GJ+zESARGeBW9iGFKJDInY
        8LEONZhHe2E60SIyxItKEiHR20zwT6BMnl+DzZXwIGjx5iTUFlpIFDt5OIAGlYQSu7Gyle0LoCJB+WlDRVAIFEUX/0
        k0pigBrCCLwueIbp7LnyV+5iBDUyyCYL4A8YlHCYdwtvVgSBBwfrirKIApg5EBNUE2eUMxFqoMkXvzQ3AXlcuVY4lw
        TXwowj0d/b0PhIUdh6phwdYCtIiTecKQeXBwuxZx4QyEUHRdA0gSsQFmNNxTfR+KjpC5dZ92afJMI4MKdqlqdvOvby
        o6byzMvjB9Fjl9ggyttHlLmkeTuACacPwRGNK0jw1ahEVN0gkBg8tQy/o0n0N1ZxoHvKMYUOp5+rqZQFWuEEDANijL
        1IlG+r6ADOoHrLhLDDdRGaIVIlBEApCJBmAVEKCbj6bypxYOFaXAUlAviKTv0ELiUaWrQKcABCIa2E1zxsgjohcNta
        e3EXZQjgClKqYiK8npB/sGcATICnhbjiF27jkUJ3MlG+nUdUcwSLA4lWaV9fhLVxTdirKE1m7tA5aAYogzWXEgaR6h
        NxtpZRQSH39AB5kvwA1qZ9BWoTeulabYczTFDsbTt6zyOHr/AGCaZjVOWYANnCyIVLuWDNBnjN+yr6Zk7ObWvMkJ97
        etq7KegFJEbFDQJYA5yoNDXtJ7x+wAgL+ycVaOBzo5CZdyECIBl0kJCRzQa4gqQVLoFuHyqwxKj0gpIz94kLx2OxlE
        j3f9myfOtPvG3kH4mEQR4O8HQbQcMB
        """,
    ]

    /// `numpy.savez_compressed(weight=f32 [[0, 1, 2], [3, 4, 5]], steps=50 times 7 as i64)`.
    static let compressedArchive = """
        UEsDBC0AAAAIAAAAIQBP6QAq//////////8KABQAd2VpZ2h0Lm5weQEAEACYAAAAAAAAAFUAAAAAAAAAm+wX6hsQyc
        hQxlCtnpJanFykbqWgbpNmoq6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKxpo6CrUKZAMuBjBosAcS
        DkAExA1AvMABAFBLAwQtAAAACAAAACEAj8x0iv//////////CQAUAHN0ZXBzLm5weQEAEAAQAgAAAAAAAE0AAAAAAA
        AAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkapgY6mjoKtQrk
        Ay52BggYpQcHDQBQSwECLQMtAAAACAAAACEAT+kAKlUAAACYAAAACgAAAAAAAAAAAAAAgAEAAAAAd2VpZ2h0Lm5weV
        BLAQItAy0AAAAIAAAAIQCPzHSKTQAAABACAAAJAAAAAAAAAAAAAACAAZEAAABzdGVwcy5ucHlQSwUGAAAAAAIAAgBv
        AAAAGQEAAAAA
        """

    /// `numpy.savez(weight=f32 [[0, 1, 2], [3, 4, 5]])`.
    static let plainArchive = """
        UEsDBC0AAAAAAAAAIQBP6QAq//////////8KABQAd2VpZ2h0Lm5weQEAEACYAAAAAAAAAJgAAAAAAAAAk05VTVBZAQ
        B2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAg
        ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPwAAAEAAAE
        BAAACAQAAAoEBQSwECLQMtAAAAAAAAACEAT+kAKpgAAACYAAAACgAAAAAAAAAAAAAAgAEAAAAAd2VpZ2h0Lm5weVBL
        BQYAAAAAAQABADgAAADUAAAAAAA=
        """
}
